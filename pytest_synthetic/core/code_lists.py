"""Word lists of `code_words`, data only. `*` ends a stem; `+` begins a word that names a one-time code beyond doubt."""

# ruff: noqa: RUF001 -- words of other scripts are no mistaken Latin ones

CODE = """
code, codes, +passcode, +passcodes, +pass code, +otp, +otps, +one time password, +one-time password, +one time code,
+one-time code, +one-time pin, +one time pin, +tan, +mtan, +smstan, +sms-tan, +totp, +one time p/w, +otac,
+2fa code,
+tac, password, passwords, pin, pins, pincode, pin-code, pin code, passkey, token, pwd, p/w, temporary pass,
+one time key
+verification number, +security number, +authentication key, +vcode, +pass-code, magic word, combination of digits
mot de passe, mots de passe, mdp, +mot de passe a usage unique, +code a usage unique, +code secret,
+code confidentiel
+cle de securite, cle d'acces, +cle de validation, +numero de validation, +numero de verification,
+identifiant unique
+numero de securite, +cle a usage unique, +chiffres suivants, +numero de confirmation, +code sms, codes sms,
+code temporaire
kode*, kennwort, passwort, +einmalpasswort, +einmalkennwort, +einmalcode*, zahlencode, +freischaltcode*,
+prufcode, pin-nummer
+zugangscode, +transaktionsnummer, +bestatigungsnummer, +prufziffer, +prufnummer, +einmal-passwort,
+freigabecode, geheimzahl
codigo, codigos, clave, claves, contrasena, +contrasena de un solo uso, +clave dinamica, +clave temporal,
+clave unica
codi, contrasenya, contrasinal, senha, senhas, palavra-passe, palavra passe, +senha temporaria, +chave de acesso
codice, codici, parola d'ordine, +chiave di sicurezza, +pin monouso, cod, codul, codului, codurile, parola, parolei
codul tau, wachtwoord, wachtwoorden, +pincodes, +toegangscode, +inlogcode, +controlecode, +beveiligingscode,
verzendcode
kod, kodu, kodem, kody, kodom, kodow, hasło, hasła, hasłem, haseł, heslo, hesla, heslem, hesel, kodovi, kodum,
kodumuz*
kodun*, kodut*, koden, kodens, +engangskod*, +engangskode*, losenord*, +sakerhetskod*, adgangskode*, passord*,
adgangsord
koodi*, koodn*, koode*, salasana*, tunnusluku*, tunnusluvu*, kood, koodi, parool*, kodod*, kodot, kodja*, kodj*,
koddal, kodra
jelszo*, jelszav*, +pin-kod*, koda, kode, kodo, kodoma, sifra*, sifre*, sifri*, sifru, lozink*, geslo, gesla,
zapork*, šifrə*
kodi, kodin, kodit, fjalekalim*, parol*, parola*, sifrem*, sifreniz*, kodas, kodą, kodo, kodai, slaptazod*, kods,
kodus
kodea*, pasahitz*, cod seo, chod, pasfhocal, cod ddiogelwch, koðinn, koði, koðann, lykilorð*, msimbo, nenosiri,
nambari
wagwoord, kodigo, kode, sandi, kata sandi, kata laluan, katalaluan, +kode otp, code yako, nambari ya siri,
paxyawo, siri yako
mat khau, +ma xac*, +ma otp, +ma kich hoat, +ma dang*, +ma đang*, +ma bao mat, +ma giao dich, ma pin, ma cua,
ma nay, ma la
nhap ma, +ma so xac*, ma so cua, ma code, ma:, +ma kiem tra
код, кода, коду, кодом, коде, коды, кодов, кодът, кодот, кодыңыз*, кодыгыз*, кодуңуз*, кодты, кодту, кодун,
кодын, кодтан
кодови, кодам, кодами, +смс-код, +смс код, +sms-код, +otp-код, пароль, пароля, паролем, пароли, паролі, парола,
паролата
паролот, шифра*, шифре*, шифру, лозинк*, пин, пин-код*, пін, пін-код*, +код-пароль, нууц үг, ключ, рамз*, рамзи,
коди, тасдиклаш коди
κωδικ*, συνθηματικ*, κωδ, կոդ*, ծածկագիր*, კოდ*, პაროლ*
קוד, הקוד, לקוד, בקוד, שקוד, מקוד, קודך, סיסמה, הסיסמה, סיסמא, הסיסמא, סיסמתך, קודי
رمز*, الرمز*, برمز*, ورمز*, والرمز, كود*, الكود, بكود, كلمة المرور*, كلمة السر, كلمه المرور, كلمه السر,
الرقم السري, +رقم التحقق
+رمز پویا, +رمز یکبار مصرف, +رمز یک بار مصرف, کد, کدتان, کدی, کدت, گذرواژه*, پسورد, کوڈ*, پاس ورڈ, +او ٹی پی,
کۆد*, کوډ*, پاسورډ
+ओटीपी, कोड, कूट, पासवर्ड, पिन, कोड:, কোড, +ওটিপি, পাসওয়ার্ড, পিন, કોડ, +ઓટીપી, પાસવર્ડ, ਕੋਡ, +ਓਟੀਪੀ, குறியீ,
கோட், +ஓடிபி, கடவுச்சொல்
కోడ్, +ఓటీపీ, పాస్‌వర్డ్, ಕೋಡ್, +ಒಟಿಪಿ, ಸಂಕೇತ, കോഡ, +ഒടിപി, കേതය, කේත, කේතය, මුරපදය, କୋଡ, କୋଡ୍, ကုဒ်, ကုတ်,
လျှို့ဝှက်နံပါတ်
កូដ, លេខកូដ, លេខសម្ងាត់, ລະຫັດ, รหัส, โค้ด, +รหัสผ่านครั้งเดียว, +รหัสยืนยัน, ኮድ, የይለፍ ቃል, རྟགས
+验证码, +驗證碼, +校验码, +校驗碼, +动态码, +動態碼, +动态密码, +動態密碼, +確認碼, +确认码, +短信码, +簡訊碼,
+口令, 密码, 密碼, 代碼, 代码, +认证码
+認證碼, +识别码, +識別碼, +授权码, +授權碼, +安全码, +安全碼, +登录码, +登錄碼, +登入碼, +激活码, +随机码,
+隨機碼, +交易碼, +一次性密碼, +一次性密码
+验证代码, +驗證代碼, +检验码, +啟用碼, +驗証碼, +提取码, +通行码, 数字码, 號碼為, 编码为, +动态口令, +通行碼,
+一次性驗證碼, 编号是
+認証コード, +確認コード, +認証番号, +確認番号, +ワンタイムパスワード, +ワンタイムコード, パスワード, コード,
暗証番号, +パスコード, +認証キー, +検証コード
+セキュリティコード, +本人確認コード, +ログインコード, +確認用コード
+인증번호, +인증코드, +인증 번호, +인증 코드, +확인코드, +확인 코드, +확인번호, +보안코드, +보안 코드, 비밀번호,
코드, +일회용, +승인번호는, +임시비밀번호, +로그인 코드
"""

PROOF = """
verif*, authent*, authori*, auth, confirm, confirming, confirmation, security, login*, log in, log-in,
logging in, logon, sign in
sign-in, signin, signing in, sign up, sign-up, one-time, one time, two-factor, two factor, 2-factor, 2-step,
two-step, 2fa, mfa
identity, validate, validation, secure code, reset your, password reset, passwordless, 3ds, 3d secure, safekey
verifi*, valider, validez, validation, authentif*, confirmez, confirmer, connexion, connecter, connectez,
connecte, identif*
securis*, securite, usage unique, double facteur, reinitialis*
bestatig*, verifiz*, authenti*, sicherheit*, anmeld*, einlog*, einmal*, freigabe*, freischalt*, freigeb*,
zugang*, legitim*
autorisier*, aktivierung*, zweifaktor*, uberprufung*, identifizier*
verific*, confirma, confirmar, confirme, confirmacion, autentic*, seguridad, acceso, acceder, iniciar sesion,
autoriz*
inicio de sesion, un solo uso, unico uso, de uso unico, seguranca, acesso, uso unico, confirmacao, entrar na sua,
iniciar sessao
conferm*, sicurezza, accesso, accedere, autorizz*, monouso, bevestig*, beveilig*, inlog*, aanmeld*, eenmalig*,
toegang*
veryfik*, weryfik*, potwierdz*, logowan*, zalogow*, zaloguj*, bezpiecze*, jednoraz*, uwierzytel*, overen*,
overov*, overit, overte
potvrd*, prihlas*, prihlaš*, bezpec*, autent*, bekraft*, inlogg*, logga in, sakerhet*, engang*, legitimer*,
bekræft*, bekreft*
verificer*, sikkerhed*, sikkerhet*, logge ind, logge inn, log ind, logg inn, godkend*, godkjen*, innlogg*,
vahvist*, varmist*, varmenn*
kirjaudu*, kirjautu*, turva*, tunnist*, kertakayt*, todenn*, kinnit*, sisselog*, sisenemis*, megerosit*,
ellenorz*, hitelesit*
bejelentk*, belep*, biztonsag*, egyszer*, azonosit*, autentific*, securitate, conectar*, unica folosinta,
confirmare, confirmati
verifik*, provjer*, prijav*, sigurnos*, varnost*, jednokrat*, enkrat*, potrdit*, potrdi, preverjan*, verifikim*,
konfirmo*, hyrje*
dogrula*, doğrula*, onay*, guvenlik*, giris*, tek kullan*, tesdiq*, təsdiq*, tastiqla*, tasdiqla*, patvirtin*,
prisijung*, saugum*, vienkart*
apstiprin*, pieslegsan*, drosibas, vienreiz*, egiazta*, berrespen*, segurtasun*, staðfest*, innskraning*,
oryggis*, uthibitish*, thibitish*
bevestigings*, verifieer*, verifikasi*, konfirmasi*, otentikasi*, autentikasi*, keamanan, keselamatan,
sekali pakai, pengesahan
log masuk, masuk ke, login ke, xac thuc, xac nhan, xac minh, dang nhap, đang nhap, kich hoat, mot lan,
beripikasyon, kumpirmasyon
подтвержд*, подтверд*, провероч*, верифи*, вход*, войти, авториз*, безопас*, одноразов*, аутентиф*, логин*,
підтвердж*, підтверд*
перевір*, вхід*, увійти, безпек*, верифік*, автентиф*, пацвярдж*, потвърж*, потвърд*, проверк*, провер*,
сигурност*, потврд*
пријав*, верифик*, еднократ*, растау*, кіру, ырастоо, кирүү, баталгаажуул*, тасдиқ*, вуруд*
επαληθευ*, επιβεβαι*, ασφαλει*, συνδεσ*, εισοδ*, ταυτοποι*, μιας χρησης, հաստատ*, მუտք*, ვერიფ*, დადასტურ*, შესვლ*
אימות*, לאימות*, האימות, אישור, לאישור, כניסה, לכניסה, הכניסה, חד פעמי*, חד-פעמי*, התחברות, להתחברות, אבטחה,
האבטחה, לאמת
تحقق*, التحقق, للتحقق, تاکید*, التاکید, لتاکید, تفعیل*, التفعیل, لتفعیل, دخول*, الدخول, تسجیل الدخول, امان,
الامان, الامني, المصادقة, توثیق*
تایید*, ورود*, امنیت*, یکبار مصرف, یک بار مصرف, احراز*, پویا, تصدیق*, لاگ ان, چوونەژوورەوە, پشتڕاستکردنەوە
सत्याप, लॉगिन, लॉग इन, पुष्टि, प्रमाणीकरण, पडताळणी, যাচাই, লগইন, লগ ইন, নিশ্চিত, சரிபார், உறுதிப், உள்நுழை,
ధృవీక, ధ్రువీక, ధృవపరచ, లాగిన్
ಪರಿಶೀಲ, ದೃಢೀಕರಣ, ಲಾಗಿನ್, പരിശോധ, സ്ഥിരീകര, ലോഗിൻ, ચકાસણી, ચકાસ, લૉગિન, ਪੁਸ਼ਟੀ, ਤਸਦੀਕ, ਲੌਗਇਨ, සත්‍යාපන, තහවුරු,
අතිവිശ്വസ്ത, အတည်ပြု, ផ្ទៀងផ្ទាត់, បញ្ជាក់, ຢືນຢັນ
ยืนยัน, เข้าสู่ระบบ, ใช้ครั้งเดียว, ማረጋገጫ, 验证, 驗證, 校验, 认证, 認證, 登录, 登錄, 登入, 登陆, 身份, 授权,
授權, 找回密码, 重置密码, 本人操作
認証, 確認, ログイン, 本人, サインイン, 인증, 본인, 로그인, 보안, 확인
"""

ASK = """
register, enrol*, enter, entering, use, type in, do not share, don't share, never share, not share, activate,
expires in
inscri*, enregistrez*, saisissez, saisir, entrez, utilisez, utiliser, tapez, communiqu*, partag*, ne divulguez
registrier*, eingeben, geben sie, gib, verwende*, nutzen sie, weitergeben, registr*, rexistr*, introduce,
introduzca, ingresa*, ingrese
usa, usar, utiliza, utilice, compart*, no lo compartas, cadastr*, registe*, registar*, digite, insira, introduza,
use o, partilh*, inserisci, inserire
utilizza, non condivid*, registreer*, gebruik, voer, deel, zarejestruj*, rejestr*, wpisz, podaj, uzyj, użyj,
nie udostepn*
zaregistruj*, registruj*, zadejte, zadajte, pouzijte, pouzite, registrer*, tilmeld*, opret, indtast, brug,
skriv inn, bruk, ange, anvand
registreeru*, registreeri*, sisesta, rekisteroi*, rekisteroity*, syota, kayta, regisztral*, adja meg, add meg,
hasznald, hasznalja
inregistr*, înregistr*, introduceti, folositi, foloseste, unesite, unesi, koristite, vnesite, vpisite, uporabite,
regjistr*, perdor*, vendos*
kaydol*, kayıt*, kayit*, girin*, kullan*, qeydiyyat*, daxil, registruo*, uzsiregistruo*, įveskite, iveskite,
regist*, ievadiet, izmantojiet
erregistr*, sartu, erabili, claraigh*, sajili*, jisajili*, jiandikish*, weka, gebruik, mag-register*,
magparehistro*, magrehistro*, ilagay, gamitin
skra þig, nyskra*, nýskrá*, sláðu inn, daftar*, mendaftar, masukkan, gunakan, jangan, guna, dang ky, đang ky,
nhap, su dung
зарегистрир*, регистр*, регистрац*, введите, введи, используйте, зареєстр*, реєстр*, введіть, використ*,
зарэгістр*, рэгістр*, въведете
використайте, използвайте, внесете, унесите, тіркел*, тіркеу, катто*, катталы*, каттал*, енгізіңіз, бүртгүүл*, сабт*
εγγραφ*, εισαγετε, πληκτρολογ*, χρησιμοποι*, გრանց*, գրանց*, մուտքագր*, რეგისტრ*, დარეგისტრ*, გამოიყენეთ, შეიყვანეთ
הרשמה, להרשמה, הירשם, הירשמו, הרשמו, להירשם, הזן, הזינו, הקלד, יש להזין
التسجیل, تسجیل, سجل, ادخل, استخدم, بالتسجیل, التسجيل, ثبتنام*, ثبت نام*, ثبت‌نام*, وارد کنید, رجسٹر*, درج کریں,
تىزىملى*, تىزىم*, خۆتۆمارکردن, ثبت
रजिस्टर, पंजीक, दर्ज, साझा न, नोंदणी, নিবন্ধন, রেজিস্টার, রেজিস্ট, ব্যবহার, பதிவு, உள்ளிட, నమోదు, ನೋಂದ, ನೋಂದಾ,
രജിസ്റ്റർ, രജിസ്റ്റ, નોંધણી, રજિસ્ટર, ਰਜਿਸਟਰ, ලියාපදිංචි
မှတ်ပုံတင်, စာရင်းသွင်း, ចុះឈ្មោះ, ລົງທະບຽນ, ลงทะเบียน, สมัคร, กรอก, ใส่, ይመዝገቡ, ተመዝገብ
註冊, 注册, 登記, 登记, 输入, 輸入, 使用, 登録, 入力, 등록, 가입, 입력
"""

NOT = """
order, orders, order number, order code, order id, tracking, tracking number, tracking code, parcel,
parcel number, shipment
invoice, bill, receipt, account, accounts, acct, a/c, ac no, ending, ending in, ending with, ends with, ref,
refs, ref no, reference
reference number, reference code, refno, utr, rrn, upi ref, txn, txnid, txn id, transaction id, transaction,
booking, booking code
booking id, booking number, booking reference, reservation, pnr, ticket, ticket number, flight, train, gate,
seat, room, suite, apt
flat, extension, ext, locker, case, case number, claim number, policy, policy number, contract, customer,
customer number
customer id, client number, client id, membership, member id, member number, userid, user id, id, employee id,
student id
iban, swift code, bic, ifsc, ifsc code, sort code, vin, imei, serial, serial number, model, version, ver,
firmware, build, ip
zip, zip code, postcode, post code, postal code, area code, country code, dialing code, dialling code, dial code,
barcode
bar code, qr code, source code, dress code, error code, error, status code, building code, tax code,
product code, item code
call, call us at, dial, phone, phone number, tel, telephone, mobile, fax, hotline, helpline, balance, avl bal,
avail bal, total, amount
salary, points, score, box, po box, block, blk, lot, door code, gate code, wifi, wi-fi, wifi password, wifi code,
wifi pass
wi-fi password, channel, frequency, registration number, plate, odometer, mileage, branch code, course code,
class code, job code
exit code, return code, response code, code review, token balance, lines of code, colour code, color code, hex,
tax id, vat, siren, siret, duns, station code, bus stop code, stop code, code of conduct, codebase
commande, commandes, n° de commande, numero de commande, colis, numero de suivi, suivi, livraison, facture, recu,
compte, carte
compte n°, dossier, numero de dossier, reservation, billet, vol, train, siege, chambre, numero client, client,
contrat, code client
code postal, code barre, code barres, code-barres, code parrain, code parrainage, code porte, code de la porte,
code d'entree, code du batiment, code wifi, code d'erreur, code erreur
code agence, code naf, code ape, code guichet, code banque, code produit, code article, code de suivi, code pays,
code iban, code immeuble, digicode
code du portail, code du travail, code civil, code de la route, code vestimentaire, telephone, appelez le,
appelez, solde, montant
reference, finissant par, terminant par, se terminant par, cp, cedex, lot n°, immatriculation, numero fiscal,
adherent, wifi mdp
bestellung, bestellnummer, auftrag*, sendung*, sendungsnummer, paket*, paketnummer, rechnung*, rechnungsnummer,
konto, kontonummer
karte, kartennummer, kundennummer, vertragsnummer, vertrag, buchung*, buchungscode, buchungsnummer, ticketnummer,
flug, zimmer, plz
postleitzahl, vorgangsnummer, aktenzeichen, telefon*, tel-nr, rufnummer, steuernummer, fehlercode, barcode,
strichcode, ablesung
wlan-passwort, wlan, endet auf, endend auf, zahlerstand, saldo, betrag, summe, quellcode, mitgliedsnummer,
landesvorwahl
pedido, numero de pedido, envio, numero de seguimiento, seguimiento, codigo de seguimiento, codigo de rastreo,
codigo de rastreio
rastreo, rastreio, factura, fatura, cuenta, conta, tarjeta, cartao, terminada en, final, reserva, localizador,
codigo de reserva, vuelo, voo, asiento
habitacion, cliente, numero de cliente, contrato, codigo postal, codigo de barras, codigo de error,
codigo de erro, codigo penal, cep
codigo de cliente, telefono, telefone, llame al, ligue para, saldo, importe, valor total, poliza, expediente,
protocolo, matricula, nif, cpf, cnpj
ordine, numero d'ordine, spedizione, codice spedizione, codice di tracciamento, codice tracking, tracciamento,
fattura, conto, carta
prenotazione, codice prenotazione, volo, posto, camera, codice cliente, codice fiscale, codice postale,
codice a barre, codice errore
pratica, polizza, telefono, chiami, importo, codice prodotto, codice sorgente, codice iban, codice stradale,
codice della strada, codice civile, codice penale, comanda, comenzii
bestelling, bestelnummer, ordernummer, zending, track en trace, trackingcode, pakket, factuur, factuurnummer,
rekening, pasnummer
klantnummer, boeking, boekingscode, vlucht, stoel, kamer, dossiernummer, telefoonnummer, bedrag,
reserveringsnummer, streepjescode
zamowieni*, zamowienia, zamówieni*, przesylk*, przesyłk*, numer przesylki, paczk*, faktur*, konta, konto,
rachun*, karta, karty, rezerwac*, lot, bilet, klienta, numer klienta
kod pocztowy, kod kreskowy, kod bledu, kod błędu, kod odbioru:, umow*, telefonu, kwot*, objednavk*, zasilk*,
balik*, uctu, faktura, cislo uctu, psc
variabilni symbol, variabilny symbol, rendeles*, csomag*, szamla*, ugyfel*, foglalas*, iranyitoszam, telefonszam,
vonalkod, comanda, colet, awb, cont, cod postal
cod de bare, cod client, factura, rezervare, ordernummer, bestallning*, paketnummer, kollinr, fakturanummer,
kundnummer, kontonummer
bokningsnummer, bokning, ordrenummer, ordre, pakke*, fakturanr, kundenummer, postnummer, sporingsnummer,
bestilling*, reservationsnummer
tilaus*, tilausnumero, lahetys*, seurantakoodi, laskun, viitenumero, asiakasnumero, varausnumero, postinumero,
puh, tellimus*, saadetis*
narudzb*, posiljk*, racun*, porudzbin*, narocil*, postanski broj, siparis*, sipariş*, kargo, takip no,
takip kodu, posta kodu, fatura, musteri no, müşteri no, hesap, rezervasyon
pesanan, nomor pesanan, resi, nomor resi, tagihan, rekening, pelanggan, kode pos, kode booking, penerbangan,
akaun, nombor, don hang, đon hang, ma don*, ma đon*, van don, ma van don, ma buu*, hoa don
tai khoan, so tai khoan, ma khach hang, khach hang, ma dat cho, tong dai, so du
заказ*, заказа, посылк*, трек-номер*, трек-код*, трек, отправлени*, накладн*, счет*, счёт*, карт*, карты, бронь,
бронирован*, билет*, рейс, клиент*, договор*, индекс, телефон*, тел
штрихкод, штрих-код, почтовый индекс, код ошибки, код товара, замовлен*, посилк*, ттн, рахун*, рахунок, картк*,
баланс*, поръчк*, пратк*, сметк*, товарителниц*, нарачк*, фактур*, поруџбин*, пошиљк*
παραγγελ*, αποστολ*, δεμα*, λογαριασμ*, καρτα*, κρατησ*, τηλεφων*, τηλ, αρ. παραγγελιας, ταχυδρομικος κωδικας,
τκ, τιμολογ*
הזמנה, הזמנתך, מספר הזמנה, משלוח, חבילה, חשבון, חשבונית, כרטיס, טלפון, מיקוד, מספר מעקב, לקוח, אסמכתא
طلب*, الطلب, طلبك, رقم الطلب, شحنة*, الشحنة, فاتورة, حساب*, الحساب, حسابك, بطاقة, البطاقة, حجز, الحجز, رحلة,
هاتف, اتصل, الرمز البريدي, رمز بريدي, رقم المرجع, رصيد*, المبلغ, مبلغ
سفارش, مرسوله, کد رهگیری, کد پیگیری, شماره پیگیری, کد پستی, کد ملی, کد مرسوله, پیگیری, فاکتور, حساب, کارت, مانده,
تلفن, مبلغ, آرڈر, اکاؤنٹ
ऑर्डर, खाते, खाता, पार्सल, फोन, पिन कोड, पिनकोड, बकाया, अर्डर, অর্ডার, অ্যাকাউন্ট, পার্সেল, ফোন, ஆர்டர், கணக்கு,
ఆర్డర్, ఖాతా, ഓർഡർ, അക്കൗണ്ട്, คำสั่งซื้อ, พัสดุ, บัญชี, โทร, รหัสไปรษณีย์, ยอด, เลขพัสดุ, หมายเลขพัสดุ
订单, 訂單, 订单号, 訂單編號, 订单编号, 快递, 快遞, 运单, 運單, 单号, 單號, 尾号, 尾號, 末四位, 账户, 賬戶, 帳戶,
账号, 帳號, 卡号, 卡號, 邮编, 郵遞區號, 电话, 電話, 客服, 热线, 航班, 车次, 余额, 餘額, 金额, 金額, 发票, 工号,
邮政编码, 预约号, 预订号, 条形码, 二维码, 源代码, 统一编号, 股票代码
注文, 注文番号, ご注文番号, 伝票番号, 追跡番号, お問い合わせ番号, 問い合わせ番号, お客様番号, 口座番号, 予約番号,
郵便番号, 電話番号, 会員番号, 残高, 受付番号, バーコード, qrコード, 商品コード
주문번호, 주문 번호, 주문, 송장번호, 송장 번호, 운송장, 운송장번호, 운송장 번호, 계좌, 계좌번호, 카드, 예약번호,
예약 번호, 고객번호, 전화, 전화번호, 우편번호, 잔액, 문의, 접수번호, 바코드
"""

SALE = """
promo, promos, promocode, promo code, promotion*, promotional code, discount*, discount code, coupon*,
coupon code, voucher*
voucher code, gift code, gift card, giftcard, referral code, refer a friend, invite code, claim code,
identifier code, redeem*
un-redeemed, unredeemed, won, winner, prize, awarded, bonus, cashback, sale, sales, black friday, cyber monday,
deal, deals, % off
off your, free shipping, unsubscribe, stop to, lucky draw, jackpot, lottery, clearance, checkout code, loyalty,
giveaway
code promo, codes promo, code reduction, code avantage, code cadeau, code privilege, remise, soldes, reduction*,
bon d'achat
livraison offerte, vente privee, ventes privees, cheque cadeau, carte cadeau, gagnez, gagne, stop sms, stop pub,
desabo*, jeu concours
gutschein*, gutscheincode, rabatt*, rabattcode, aktionscode, angebot*, gewinn*, gewonnen, versandkostenfrei,
sonderangebot*, schlussverkauf
codigo promocional, codigo de descuento, codigo de desconto, cupon*, cupom, descuento*, desconto*, rebajas,
oferta*, sorteo, sorteio, ganado, promoc*, frete gratis
codice sconto, codice promo*, buono sconto, sconto, sconti, saldi, offert*, vinto, vincita, concorso
kortingscode, korting*, actiecode, kortingsbon, aanbieding*, uitverkoop, gewonnen, kod rabatowy, kodem rabatowym,
rabat*, promocj*, wyprzedaz*, zniżk*, znizk*, konkurs*
slevovy kod, slev*, akce, zlav*, kupon*, vyprodej, rabattkod*, rabatkode*, erbjudande*, rea, tilbud*, udsalg,
alekoodi, alennus*, tarjous*, ale, kedvezmeny*, akcio*, nyeremeny*
cod promotional, cod de reducere, reducere*, reduceri, popust*, akcija, sniženj*, indirim*, kampanya*,
hediye ceki, hediye çeki, endirim*, allahind*, nuolaid*, atlaid*
kode promo, kode voucher, diskon*, potongan, kod promosi, diskaun*, ma giam gia, giam gia, khuyen mai, uu dai,
ưu đai
промокод*, промо-код*, скидк*, скидочн*, акци*, распродаж*, розыгрыш*, купон*, знижк*, акці*, розпродаж*,
отстъпк*, промоци*, намалени*, попуст*
εκπτωσ*, προσφορ*, κουπονι*, קופון, הנחה, מבצע, קוד קופון, خصم*, الخصم, کوبون, قسیمة, عرض, عروض, تخفیف*,
کد تخفیف, جایزه
छूट, ऑफर, कूपन, ছাড়, অফার, কুপন, தள்ளுபடி, ഓഫർ, ส่วนลด, โค้ดส่วนลด, โปรโมชั่น, ลดราคา
优惠*, 優惠, 优惠码, 優惠碼, 折扣*, 折扣码, 优惠券, 優惠券, 满减, 促销, 秒杀, 抽奖, 中奖, 特价, 兑换码, 兌換碼,
邀请码, 推荐码, 退订, クーポン, クーポンコード, 割引, セール, 抽選, 招待コード, 할인, 쿠폰, 할인코드, 이벤트,
특가, 당첨, 추천인 코드, 무료거부
"""
