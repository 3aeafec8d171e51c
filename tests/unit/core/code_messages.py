"""Messages of our own making: what senders of codes write, and what everybody else writes."""

# ruff: noqa: RUF001 -- words of other scripts are no mistaken Latin ones

from __future__ import annotations

CODES = """
482913|Your Acme verification code is 482913
482913|482913 is your Acme verification code.
482913|Your code is 482 913. It expires in 10 minutes.
482913|G-482913 is your Google verification code.
048291|FB-048291 is your Facebook confirmation code
4829|Your Uber code is 4829. Never share this code.
48291|Login code: 48291. Do not give this code to anyone, even if they say they are from Telegram!
48291734|Your Microsoft account security code is 48291734
482913|Use 482913 to sign in to Acme.
482913|Use verification code 482913 for Microsoft authentication.
482913|Your Apple ID Code is: 482913. Don't share it with anyone.
482913|<#> Your Acme code: 482913 qlRnn4A1sbt
482913|[#] 482913 is your code FA+9qCX9VSu
482913|Acme: Your one-time PIN for the purchase of EUR 54.90 at SHOP 24 with card ending 1234 is 482913.
482913|OTP is 482913 for txn of INR 5,499.00 at AMAZON on card XX1234. Valid till 12:45. Do not share OTP with anyone.
482913|482913 is the OTP for your transaction of Rs.1299.00 on a/c XX9876. Ref no 331288120. -Bank
482913|Dear customer, 482913 is your OTP to login. Valid for 5 mins. Call 1800123456 if not you.
482913|Enter 482913 in the app to verify your phone number +33 6 12 34 56 78.
482913|Order 771209: your delivery OTP is 482913. Share it with the courier.
K7P9QX|Your Steam Guard code is K7P9QX
K7P9QX|Enter this code to log in: K7P9-QX
F4K2M|Here is the Steam Guard code you need to login to account anna: F4K2M
7H2K|Your verification code is 7H2K.
A1B2C3|A1B2C3 is your Acme verification code
482913|Two-factor code 482-913 for login from 82.12.34.56 on 2026-03-14 at 10:32.
482913|Hi Anna,\\n\\nUse the code below to sign in.\\n\\n482913\\n\\nThis code expires in 10 minutes.\\n\\nAcme Inc., 1600 Main Street, Springfield, IL 62704\\n(c) 2026 Acme
482913|Verify your e-mail\\n\\nYour verification code:\\n\\n482 913\\n\\nIf you did not ask for it, ignore this mail or call +1 (888) 555-0199.
482913|Sign-in attempt\\nDevice: iPhone 15\\nWhen: 14/03/2026 10:32\\nCode: 482913
482913|482913\\nis your Acme code
482913|Acme code: 482913. Valid until 14:30. Ref: 99812345
482913|Your code is 482913\\n\\n@shop.example #482913
1234|PIN: 1234
2024|Your code is 2024.
482913|Your verification code is: 4, 8, 2, 9, 1, 3. Again, your code is: 4, 8, 2, 9, 1, 3.
482913|Hello! Your verification code is 4 8 2 9 1 3. Goodbye.
482913|Your code is 4-8-2-9-1-3
482913|Your code is: 482913,valid for 5 minutes
004829|Acme passcode 004829
482913|Your security code is "482913".
482913|Your security code is (482913)
482913|CODE:482913
482913|OTP:482913 EXP:5MIN
482913|OTP=482913
482913|Your verification code is 482913. Msg&data rates may apply. Reply STOP to 36184 to opt out.
482913|Your PayPal security code is 482913. It expires in 10 minutes. Don't share it.
9214|Welcome to Bolt! 9214 is your code
482913|[Acme] 482913
482913|Acme: 482913
482913|482913
4829|4829
482913|Votre code est 482913
482913|Votre code de vérification Acme est : 482913. Il expire dans 10 minutes.
482913|482913 est votre code de confirmation Doctolib.
4829|Votre code Uber est 4829. Ne le partagez jamais.
4829|Bonjour, voici votre code : 4829
482913|Pour valider votre achat de 54,90 EUR chez ACME PARIS 75 avec votre carte finissant par 1234, saisissez le code 482913
48291734|Le code de validation pour votre achat de 1 254,90€ chez SHOP est : 48291734
482913|Code 482913 pour valider votre virement de 4500 EUR vers FR76 3000 4000 0500 0012 3456 789. Ne communiquez jamais ce code.
482913|Votre mot de passe à usage unique est 482 913
482913|Votre code d'accès : 482-913
4829|Votre code de retrait est 4829, à présenter en magasin avant le 12/03.
482913|Saisissez 482913 pour confirmer votre numéro
482913|Utilisez 482913 pour vous connecter à votre compte Acme.
482913|Votre code de connexion à votre compte est le 482913
482913|SFR : votre code confidentiel est 482913. Valable 15 min. Besoin d'aide ? Appelez le 1023
482913|Clé de sécurité : 482913
482913|Commande n°771209 : votre code de confirmation est 482913
482913|Code de confirmation de votre commande : 482913
482913|Votre code est le 4, 8, 2, 9, 1, 3. Je répète : 4, 8, 2, 9, 1, 3.
482913|Bonjour Anna,\\n\\nVous avez demandé à vous connecter. Voici votre code :\\n\\n482913\\n\\nIl est valable 10 minutes.\\n\\nAcme SAS, 12 rue de la Paix, 75002 Paris – RCS 482 913 771
aB3dE9|Votre mot de passe temporaire est aB3dE9
7X4KQ2|Votre code d'activation : 7X4KQ2
482913|Acme SECURITE : code 482913 requis pour modifier votre adresse
482913|Code SMS : 482913
482913|Code 3D Secure 482913 - montant 89,90 EUR - marchand SNCF
482913|N'oubliez pas : ne donnez jamais ce code. 482913
482913|Ihr Code lautet 482913
482913|Ihr Bestätigungscode: 482 913. Gültig bis 14:30 Uhr.
482913|482913 ist Ihr Sicherheitscode für PayPal.
482913|Ihre TAN für die Überweisung über 1.250,00 EUR an Max auf Konto DE89...1234: 482913
482913|mTAN 482913 fuer Auftrag vom 14.03.2026, Betrag 54,90 EUR
4829|Dein Einmalpasswort ist 4829
482913|Verwende 482913, um dich bei Acme anzumelden.
482913|Anmeldecode 482913, bitte nicht weitergeben
482913|Dein Login-Code: 482-913
482913|Tu código de verificación es 482913
482913|482913 es tu código de WhatsApp. No lo compartas.
4829|Tu clave dinámica es 4829
482913|Código 482913 para confirmar tu compra de 54,90 € en ZARA con tarjeta *1234
482913|Usa 482913 para verificar tu cuenta
482913|Seu código de verificação é 482913
482913|Código de acesso: 482 913. Não partilhe.
482913|A sua senha temporária é 482913
482913|482913 é o seu código do Instagram
482913|Il tuo codice di verifica è 482913
482913|482913 è il tuo codice di sicurezza.
48291|Codice OTP 48291 per autorizzare il pagamento di 54,90 EUR presso ESSELUNGA
482913|Inserisci 482913 per confermare l'accesso
482913|Je verificatiecode is 482913
482913|Uw inlogcode: 482 913
482913|Gebruik 482913 om in te loggen bij DigiD
482913|Twój kod weryfikacyjny to 482913
482913|Kod: 482913. Nie podawaj go nikomu.
482913|Hasło SMS do operacji z dn. 14-03-2026 na kwotę 54,90 PLN: 482913
482913|Wpisz 482913, aby potwierdzić numer telefonu
482913|Váš ověřovací kód je 482913
482913|Kód pro přihlášení: 482 913
482913|Váš overovací kód je 482913
482913|Din verifieringskod är 482913
482913|482913 är din engångskod
482913|Din bekræftelseskode er 482913
482913|Brug koden 482913 for at logge ind
482913|Din engangskode er 482 913
482913|Din bekreftelseskode er 482913
482913|Vahvistuskoodisi on 482913
482913|Kertakäyttöinen salasanasi on 482913
482913|Teie kinnituskood on 482913
482913|Az Ön megerősítő kódja: 482913
482913|482913 az ellenőrző kódod
482913|Codul dvs. de verificare este 482913
482913|Codul tău este 482 913
482913|Vaš kod za potvrdu je 482913
482913|Vaša koda za prijavo je 482913
482913|Ваша шифра је 482913
482913|Vaš verifikacioni kod: 482913
482913|Kodi juaj i verifikimit është 482913
482913|Ο κωδικός επαλήθευσης είναι 482913
482913|Ο κωδικός σας: 482 913
482913|Doğrulama kodunuz: 482913
482913|482913 Acme giriş kodunuzdur.
482913|Tek kullanımlık şifreniz 482913
482913|Onay kodu 482913. Kimseyle paylaşmayın. B001
482913|Təsdiq kodu: 482913
482913|Ваш код подтверждения: 482913
482913|482913 — ваш код для входа. Никому его не сообщайте.
4829|Код 4829 для входа в Яндекс
482913|Пароль: 482913. Никому не говорите код! Покупка 1 299.00 RUB, карта *1234
482913|Никому не говорите код 482913
482913|Ваш код підтвердження: 482913
482913|Код для входу: 482-913
482913|Вашият код за потвърждение е 482913
482913|Вашиот код за потврда е 482913
482913|Растау коды: 482913
482913|Tasdiqlash kodi: 482913
482913|Таны баталгаажуулах код: 482913
482913|رمز التحقق الخاص بك هو 482913
482913|رمز التحقق: ٤٨٢٩١٣
482913|482913 هو رمز التأكيد الخاص بك
482913|كلمة المرور لمرة واحدة هي 482913
482913|کد تایید شما: ۴۸۲۹۱۳
48291|کد ورود: 48291 \\n به کسی ندهید
482913|رمز یکبار مصرف 482913 مبلغ 1,250,000 ریال
482913|آپ کا تصدیقی کوڈ 482913 ہے
482913|קוד האימות שלך הוא 482913
482913|482913 הוא קוד הכניסה שלך
482913|הסיסמה החד פעמית שלך: 482913
482913|आपका सत्यापन कोड 482913 है
482913|आपका ओटीपी ४८२९१३ है। किसी से साझा न करें।
482913|আপনার যাচাইকরণ কোড হল ৪৮২৯১৩
482913|আপনার OTP হলো 482913
482913|தங்கள் குறியீடு 482913
482913|మీ ధృవీకరణ కోడ్ 482913
482913|ನಿಮ್ಮ ಪರಿಶೀಲನಾ ಕೋಡ್ 482913
482913|നിങ്ങളുടെ കോഡ് 482913 ആണ്
482913|તમારો ચકાસણી કોડ 482913 છે
482913|ਤੁਹਾਡਾ ਕੋਡ 482913 ਹੈ
482913|तुमचा पडताळणी कोड 482913 आहे
482913|तपाईंको प्रमाणीकरण कोड 482913 हो
482913|ඔබගේ කේතය: 482913
482913|รหัส OTP ของคุณคือ 482913 (Ref: K2X9)
482913|รหัสยืนยันของคุณคือ 482913
482913|ລະຫັດຂອງທ່ານ: 482913
482913|លេខកូដរបស់អ្នកគឺ 482913
482913|သင့်အတည်ပြုကုဒ်မှာ 482913 ဖြစ်သည်
482913|Mã xác nhận của bạn là 482913
482913|482913 là mã OTP của bạn. Có hiệu lực trong 5 phút.
482913|Ma xac thuc cua quy khach la 482913
482913|Kode verifikasi Anda adalah 482913
482913|JANGAN BERITAHU KODE INI KE SIAPA PUN. Kode OTP Anda: 482913
482913|Kod pengesahan anda ialah 482913
482913|RM0.00 TAC 482913 untuk log masuk
482913|Ang iyong verification code ay 482913
482913|Nambari yako ya uthibitisho ni 482913
482913|Jou verifikasiekode is 482913
482913|El teu codi de verificació és 482913
482913|O teu código de verificación é 482913
482913|Zure egiaztapen-kodea 482913 da
482913|Jūsų patvirtinimo kodas: 482913
482913|Jūsu apstiprinājuma kods: 482913
482913|Staðfestingarkóðinn þinn er 482913
482913|Is é 482913 do chód
482913|თქვენი კოდია 482913
482913|Ձեր հաստատման կոդն է՝ 482913
482913|የማረጋገጫ ኮድዎ 482913 ነው
482913|【阿里云】您的验证码是482913，10分钟内有效。
482913|【某某银行】动态密码482913，您尾号1234的卡消费1299.00元，请勿泄露。
4829|验证码：4829，5分钟内有效，如非本人操作请忽略
482913|482913（登录验证码，请勿告知他人）
482913|您的驗證碼為482913，請於10分鐘內輸入
482913|【蝦皮】驗證碼 482913
482913|認証コード：482913
482913|あなたの確認コードは482913です。10分以内に入力してください。
482913|ワンタイムパスワードは「482913」です
482913|４８２９１３はLINEの認証番号です
482913|[Web발신]\\n인증번호 [482913]를 입력해주세요.
482913|[네이버] 인증번호는 482913입니다.
482913|본인확인 인증번호(482913)입니다. "타인 노출 금지"
482913|당신의 코드는 482913 입니다
482913|482913 es el teu codi d'accés
482913|４８２９１３ is your code
482913|Your code is \u200b482\u200b913\u2060
482913|Your c\u00adode is 482\u2011913
482913|Your code: 𝟒𝟖𝟐𝟗𝟏𝟑
482913|Your code is 482\u00a0913
482913|Your code is 4️⃣8️⃣2️⃣9️⃣1️⃣3️⃣
QGFDAE|TeamViewer verification code: QGFDAE
482913|Sajili na 482-913
482913|Registriere dich mit 482-913
482913|Inscrivez-vous avec 482-913
482913|Rekisteröidy: 482-913
482913|482913 로 등록하세요
482913|ลงทะเบียนด้วย 482913
482913|Đăng ký với 482913
482913|Зареєструйтеся з 482-913
482913|Hi, your one time passcode for Acme Bank payment to J SMITH of GBP 250.00 is 482913. Never share this. Not you? Call 0345 734 5345
482913|Acme Bank: Use OTP 482913 for your purchase of USD 1,254.90 at APPLE.COM/BILL on card ending in 4829
482913|Please use the code 482913 to complete your registration on Acme
482913|Thanks for registering! Your PIN is 482913, your user name is anna84
482913|Hello Anna, 482913 is the magic code.
482913|Code: 482913 Expires: 14:30
4829|4829 is your Lyft verification code
4829|Use 4829 to verify your account
48291|48291 is your confirmation code. For your security, do not share it.
482913|Your Netflix verification code is 482913. Don't share.
482913|Snapchat: 482913 is your one time passcode for phone enrollment
482913|Your Amazon OTP is 482913
482913|482913 is your Amazon OTP. Do not share it with anyone.
482913|Amazon: Sign-in attempt from CA, US. Tap to respond: https://a.co/8fj2K3d or use code 482913
482913|Discord security code: 482913
482913|Your DoorDash verification code is: 482913. If you didn't request this code, call 855-431-0459
482913|Coinbase: Your verification code is: 482913. Don't share this code with anyone; our employees will never ask for the code.
482913|Instagram: 482 913 is your code. Don't share it. SIYRxKrru1t
482913|Reply to 12345 not possible. Your code: 482913
482913|Chase: DON'T share. Use code 482913 to confirm you're signing in. We'll NEVER call to ask for this code. Call 1-877-242-7372 if you didn't request it.
482913|BofA: DO NOT share this code. We will NEVER call you or text you for it. Code 482913. Reply HELP if you didn't request it.
482913|482913 is your Wells Fargo advanced access code. It expires in 10 minutes.
482913|Capital One Alert: Your temporary code is 482913. Please use this to verify your identity. Never share it. Code expires in 10 min.
482913|Your Citi ID code is 482913. We'll never call to ask for this code. It expires in 10 min. Call number on back of card if you didn't request it.
482913|(482913) is your code for 2026-03-14
482913|To confirm your booking 771209, use 482913 as your verification code
482913|Verification code for account 771209: 482913
482913|La Banque Postale: code 482913 pour ajouter le beneficiaire M DUPONT IBAN FR7612345678. Ne le donnez JAMAIS, meme a votre conseiller.
482913|Crédit Agricole : 482913 est votre code pour le paiement de 54,90 EUR chez AMAZON le 14/03 à 10h32. Ne le communiquez à personne.
482913|CIC : Pour confirmer votre operation de 54.90 EUR, entrez le code : 482913
4829|AMELI : votre code de confirmation est 4829. Si vous n'êtes pas à l'origine, appelez le 3646.
482913|France Identité: Votre code est 482913.
482913|Impots.gouv : votre code de sécurité est le 482913. Il est valable 30 minutes.
482913|Leboncoin : 482913 est ton code de vérification. Ne le partage avec personne.
482913|Votre code Vinted : 482913
482913|Vinted : 482913 est votre code de vérification.
482913|Entrez 482913 sur la page de connexion
4829|Entrez 4829 pour vérifier votre téléphone
482913|Ton code BlaBlaCar : 482913
482913|MonEspaceSante : code temporaire 482913
482913|Votre identifiant est 77120934 et votre code est 482913
482913|Voici votre code de vérification pour le compte anna@example.com : 482913
482913|Code à saisir : 482913
482913|Le code à usage unique pour votre dossier 771209 est 482913.
482913|Pour votre commande 771209 d'un montant de 89,90 €, code : 482913
482913|Pour finaliser votre inscription, merci de renseigner le code suivant : 482913
482913|Votre code à 6 chiffres : 482913
482913|Your 6-digit code is 482913
482913|Please enter the 6 digit code 482913 within 10 minutes
48291734|Votre code Apple Pay est 48291734
48291734|Code d'authentification Verified by Visa 48291734 pour 54,90 EUR
482913|Carte 1234 : code 482913 pour payer 54,90 EUR
482913|Votre code de validation est: 482913\\nCe code est valable 5 minutes.\\nBNP Paribas\\n16 boulevard des Italiens 75009 Paris
A7F3K9|Votre code de validation est A7F3K9
482913|Doctolib\\n\\nBonjour,\\n\\nPour confirmer votre adresse e-mail, saisissez le code ci-dessous :\\n\\n482 913\\n\\nCe code est valable 15 minutes.\\nDoctolib, 54 quai Charles Pasqua 92300 Levallois-Perret
482913|Orange info : votre code est 482913. Ne le transmettez à personne
482913|Info Free : 482913 est le code à communiquer au technicien
482913|Ameli: 482913, votre code de connexion
482913|Notre code pour vous : 482913. Acme, 0 800 482 771 (gratuit)
482913|SG: VOTRE CODE SECURITE EST 482913. NE LE COMMUNIQUEZ PAS.
482913|Numéro de validation : 482913
482913|Votre OTP Orange Money est 482913. Montant: 25000 FCFA
482913|Kod SMS: 482913 do logowania. mBank nie prosi o kody.
482913|Operacja nr 3 z dn. 14.03.2026: przelew 1 254,90 PLN na rach. 12...3456. Kod SMS: 482913
482913|Kod potvrzeni platby: 482913, castka 1 254,90 Kc, obchodnik ALZA
482913|Bezpečnostný kód pre platbu 54.90 EUR je 482913
482913|Acme. Vahvistuskoodi: 482913. Älä jaa sitä.
482913|Din BankID-kod: 482913
482913|482913 - Ваш код. Никому не сообщайте. Сбер
482913|Код: 482913. Перевод 5000р на карту *1234
482913|Сбербанк. Пароль для подтверждения платежа - 482913. Сумма 1299.00 RUB
482913|Госуслуги: код 482913 для входа. Не говорите никому
482913|Acme код 482913
482913|Код подтверждения - 482913
482913|İnternet bankacılığı şifreniz: 482913 B002
482913|3D Secure şifreniz 482913, tutar 1.254,90 TL, TRENDYOL
482913|Sayın müşterimiz, 482913 kodu ile giriş yapabilirsiniz
482913|Anda menerima kode OTP 482913 untuk transaksi Rp 125.000. Jangan berikan ke siapapun
482913|Mã OTP: 482913. GD thanh toán 1,254,000 VND tại SHOPEE
482913|[招商银行]您正在登录，验证码482913，请勿泄露。客服95555
482913|【京东】482913是您的登录验证码，10分钟有效
482913|您的动态验证码：482913，交易金额1299.00元
482913|【楽天】認証番号は「482913」です。有効期限は10分。
482913|認証番号　482913　を入力してください
482913|[카카오] 인증번호 482913 를 입력하세요.
482913|[KB국민카드] 인증번호[482913] 승인금액 54,900원
482913|รหัส OTP 482913 (Ref:ABCD) ใช้ภายใน 5 นาที ยอด 1,254.00 บาท
482913|OTP=482913 REF=K2X9 จำนวนเงิน 500.00 บาท
482913|رمز التفعيل: 482913 صالح لمدة 5 دقائق
482913|عزيزي العميل رمز الدخول 482913 لا تشارك الرمز
482913|לקוח יקר, קוד הכניסה: 482913
482913|הקוד לאימות: 482913 תקף ל-5 דקות
482913|बैंक: आपका OTP 482913 है, राशि ₹5,499
482913|प्रिय ग्राहक, आपका लॉगिन कोड 482913 है
482913|Ο κωδικός μιας χρήσης είναι: 482913 για αγορά 54,90 EUR
482913|Kód: 482913. Vásárlás: 12 990 Ft, SPAR
482913|Codul OTP pentru plata de 254,90 RON la EMAG este 482913
482913|Vaš kod je 482913. HT
482913|Vaša enkratna koda: 482913
482913|Jednokratna lozinka: 482913
482913|Twój PIN do odbioru paczki: 482913
1234567890|Your activation code is 1234567890
12345|Kode: 12345
482913|This is your code:    482913
482913|Acme\\n482913\\nEnter this code on the login page
482913|Your Acme sign-in code\\n\\n4 8 2 9 1 3\\n\\nExpires in 10 minutes
482913|*482913* is your code
482913|Your code is **482913**
482913|Your code is _482913_
482913|`482913` is your verification code
482913|Code #482913
482913|Your verification code is #482913
482913|Your code>482913<
482913|Code=482913
482913|Code - 482913
482913|Code – 482913
482913|Code→482913
482913|🔐 482913 is your code 🔐
482913|Your code is 482913!
482913|Your code is 482913? No: it is 482913.
482913|Your code is:482913.Do not share
482913|Your code is 482913(valid 5 min)
482913|Your code is 482913/Votre code est 482913
482913|code482913
482913|482913-os kódod
482913|код:482913
12AB34|Your access code is 12AB34
AB12CD|Your access code is AB-12-CD
a1b2c3|Your login code: a1b2c3
XK4P2M9Q|Your verification code is XK4P2M9Q
123ABC|Your code is 123ABC
D4N9X2|Confirmation code: D4N9-X2
482913|T-482913 is your Tinder code
482913|Your Viber code: 482913. You can also tap this link to finish your activation: https://unv.viber.com/a/482913
482913|Enter 482-913 to register. https://acme.example/u/771209?c=883311
"""

ORDINARY = """
Hi, see you at 18:30 at 24 Baker Street?
Mum: can you buy 6 eggs and 2 litres of milk
My new number is 0612345678
My number is 06 12 34 56 78, call me
The flight is BA2490, gate 24, seat 14C, boarding at 17:45
Meet at room 4021, floor 4
Happy new year 2026!
I was born in 1984, you know
LOL that costs 15000 dollars
There were 25000 people at the concert
Your order 482913 has shipped. Track it at https://track.example/482913
Your order #482913 is on its way and arrives on 14/03.
Order number: 482913. Thank you for your purchase of $54.90.
Your parcel 00340434292135100186 will be delivered today between 14:00 and 16:00.
DHL: your parcel JD014600006281482913 arrives tomorrow.
Your tracking number is 1Z999AA10123456784
Tracking no. 482913 - out for delivery
Your appointment with Dr Smith is confirmed for 14 March at 10:30. Reply 1 to confirm, 2 to cancel.
Reminder: dentist 2026-03-14 10:30. Ref 482913
Rs.5000.00 debited from A/c XX1234 on 14-03-26. Avl Bal Rs.12345.67. UPI Ref no 607312345678. Not you? Call 18001234567
Your a/c no. XX4829 is credited with INR 25000 on 14-Mar-26. Info: NEFT 482913
Your card ending 4829 was used at SHOP for EUR 54.90 on 14/03.
Account balance: 482913
Your account 482913 has been updated.
Your customer number is 48291734.
Use code SAVE20 for 20% off your next order!
Get 30% off with promo code SUMMER25. Shop now: https://shop.example/s
Your discount code is 482913. Valid until 31/03. 25% off everything.
Your voucher code: X7K9P2, worth £10
Claim your prize now! Call 09061701461. Claim code KL341. Valid 12hrs only
PRIVATE! Your account statement shows 800 un-redeemed points. Call 08718738001 Identifier Code: 49557 Expires 18/11/26
WINNER!! You have won a 1000 prize. Text WIN to 85023 now. Code 4829
Txt YES to 85069 to get your free ringtone
Reply STOP to 36184 to unsubscribe
Black Friday: up to 70% off. Code BF2026
Your invoice 2026-04829 of 129.00 EUR is due on 31/03/2026.
Invoice no 482913 attached
The zip code is 94103
My postcode is 75008
Area code 415 then 5550199
The QR code on page 1024 does not work
Dress code: black tie. Table 4829
There is an error code 50012 on the printer
HTTP status code 40312, weird
The wifi password is 12345678
The door code is 4829
The source code is 48213 lines long
Version 2.14.1 of the app is out, build 48213
iOS 17.4 is available
Your booking reference is X7K9P2. Check in online.
Booking 482913 confirmed: 2 nights, 258 EUR
Your PNR is K7P9QX, train 9024, coach 12, seat 45
Your ticket number is 482913
Case 482913 has been closed.
The model XJ4829 is back in stock
Lot 4829 sold for 250000
Run done: 10452 steps, 7.8 km, 512 kcal
You have 1250 points
Score 21-18 at the half
Call 3939 or 0800 123 456 for help
Our hotline 1800 482 913 is open 24/7
IP 192.168.10.24 port 8080
The meeting ID is 482 913 7712, join at https://meet.example/4829137712
Bus stop 48291: next bus in 5 min
Ur awarded a SiPix Digital Camera! call 09061221061 from landline. Delivery within 28days. T Cs Box177. M221BP. 2yr warranty
Never share your PIN, OTP or password. Your Bank
Beware of fraud: the bank never asks for your PIN. Call 1930.
Your password was changed on 14/03/2026 at 10:32.
Your password expires in 14 days
New sign-in to your account from Paris, 75008 on 14 March 2026
You signed in from 82.12.34.56 at 10:32
Your PIN was blocked. Visit any branch before 31/03/2026.
Your e-mail address was verified. Welcome, member 482913!
Security alert: password changed. Case ID 482913
Your login was successful at 10:32:45
Parking paid until 17:45, plate AB12 CDE, zone 48291
Your taxi, plate 482 913, arrives in 5 minutes
I ran 12000 m in 58:12
Your loan of 250,000 is approved, EMI 4829 per month
Salary of 482913 credited
Population 482913 in 2020
Electricity bill 48291 kWh, amount due 1204.50
Your meter reading 482913 was received
Votre commande 482913 a été expédiée.
Votre commande n° 482913 est prête. Retrait avant le 15/03.
Votre colis 6A12345678901 arrive demain entre 9h et 13h
Colissimo : votre colis 8R482913771 est en cours de livraison.
RDV le 14/03 à 14h30 chez Dr Martin, 75008 Paris. Répondez 1 pour confirmer.
Rappel : rendez-vous le 14/03/2026 à 10:30, tel 01 42 68 53 00
-30% avec le code NOEL2026 jusqu'au 24/12. STOP au 36180
Soldes ! Code promo 482913 : -20 EUR dès 100 EUR d'achat
Votre facture 48291734 de 54,90 € est disponible
Votre dossier 482913 est en cours de traitement
Votre compte 482913 a été débité de 54,90 EUR
Solde de votre compte au 14/03 : 1 254,90 EUR
Votre réservation 482913 est confirmée, train 8412, voiture 5, place 61
Le code postal est 75011
Le code de la porte est 4829
On se voit à 18h30 au 24 rue de Rivoli ?
Je te dois 1500 euros, virement demain
J'ai fait 12000 pas aujourd'hui
Votre virement de 4829 EUR, ref 482913, a bien été reçu.
Numéro de suivi : 482913771
Appelez le 3639 pour toute question
Vous avez gagné 500 points, solde : 12500
Ne communiquez jamais vos codes. Votre conseiller, 01 42 68 53 00
Ihre Bestellung 482913 wurde versandt.
Ihre Sendung 00340434292135100186 kommt heute
Ihr Termin am 14.03.2026 um 10:30 Uhr, Tel. 030 1234567
Rechnung Nr. 482913 über 54,90 EUR
20 % Rabatt mit dem Code WINTER25
Ihr Gutscheincode: 482913
Kontostand: 1.254,90 EUR, Konto 482913
Ihre Kundennummer lautet 482913
PLZ 10115 Berlin
Tu pedido 482913 ha sido enviado
Tu cita es el 14/03 a las 10:30, calle Mayor 24, 28013 Madrid
20% de descuento con el código VERANO25
El código postal es 28013
Factura 482913 disponible: 54,90 €
Seu pedido 482913 saiu para entrega
Compra aprovada no cartao final 4829, valor R$ 54,90 em 14/03
CEP 01310-100, São Paulo
O seu código de rastreio é 482913
Il tuo ordine 482913 è stato spedito
Il tuo appuntamento è il 14/03 alle 10:30
Codice sconto ESTATE25 per te
Codice fiscale RSSMRA84A01H501U
Je bestelling 482913 is onderweg
Je pakket 3SABCD482913 komt vandaag tussen 14:00 en 16:00
Kortingscode: ZOMER25
Twoja przesyłka 482913 jest w drodze
Kod pocztowy 00-950 Warszawa
Kod rabatowy: LATO25
Zamówienie nr 482913 zostało wysłane
Vaše objednávka 482913 byla odeslána
PSČ 11000 Praha
Din order 482913 har skickats
Din pakke 482913 kan hentes
Tilauksesi 482913 on lähetetty
Megrendelés 482913 feladva, 12 990 Ft
Comanda 482913 a fost expediată, 129 lei
Siparişiniz 482913 kargoya verildi
%20 indirim kodu: YAZ2026
Bakiyeniz 12500 TL
Ваш заказ 482913 отправлен
Заказ №482913 готов к выдаче
Промокод ЛЕТО25 даёт скидку 20%
Ваш промокод: 482913
Покупка 1299р OZON, карта *4829, баланс 48291.34р
Посылка 80112345678901 прибыла, индекс 101000
Замовлення 482913 відправлено
ТТН 20450482913771 прибула
Вашата пратка 482913 е доставена
Η παραγγελία 482913 στάλθηκε
طلبك رقم 482913 في الطريق
رصيدك 48291 ريال
كود خصم 482913
سفارش 482913 ارسال شد
کد رهگیری: 482913
کد تخفیف: 482913
ההזמנה 482913 נשלחה
קוד קופון: 482913
आपका ऑर्डर 482913 भेज दिया गया है
आपके खाते XX4829 से 5000 रुपये निकाले गए
ยอดเงิน 48291 บาท
คำสั่งซื้อ 482913 ถูกจัดส่งแล้ว
Đơn hàng 482913 đã được giao
Mã giảm giá: 482913
Pesanan 482913 telah dikirim
Nomor resi 482913771
Kode promo: 482913, diskon 20%
您的订单482913已发货
您尾号4829的卡消费1299.00元，余额48291.34元
快递单号 482913771 已签收
优惠码：482913，满100减20
会议时间2026年3月14日10:30
ご注文番号 482913 を発送しました
クーポンコード：482913
〒100-0001 東京都
주문번호 482913 배송 시작
할인코드: 482913
잔액 48,291원
The code of conduct has 4821 words
Build 482913 failed: exit code 13700
Use code FREESHIP at checkout
Use code 10OFF at checkout
Use code TAKE15 at acme.example for 15% off
Save $20 with code ANNA20
Refer friends with your code ANNA4829 and earn £10
Enter code WIN2026 for a chance
Show code 4829 at the till for your free coffee, 10% off today
Please call us on 020 7946 0958 regarding policy 482913
Your OTP bank statement for March: balance 48291
Never share your OTP. A/c XX1234 debited Rs 500. Call 18001234
Your a/c X4829 is debited for Rs.500 on 14Mar26. If not done by you, fwd this SMS to 9223011112/call 1800111109 to block
Dear customer, your SIM will be blocked. Call 9876543210
Bank will never ask for your OTP/PIN. Report fraud at 1930. Ref 482913771
UPI txn of Rs.120.00 to SHOP, UPI Ref 607312345678. SMS BLOCK 1234 to 567676
Ce code a expiré. Demandez-en un nouveau avant 18h30.
Votre code a été modifié le 14/03/2026 à 10:32
Votre mot de passe a été changé. Si ce n'est pas vous, appelez le 09 69 39 99 98
Votre carte 4829 a été utilisée à 10h32 chez ACME pour 54,90 EUR
Votre code confidentiel vous sera envoyé par courrier sous 5 jours. Dossier 482913
Your code will arrive by post. Reference 482913
Your verification was successful. Your reference is 482913.
You requested a code but did not use it
Code review at 1430 in room 4829
Meeting at 1500, dial 482913
The year 2024 was good, 2025 better
We sold 1500 units in 2024 and 2300 in 2025
My pin is stuck, ask Bob on 5550199
Pin the map at 48.8566, 2.3522
Coordinates 48.85661, 2.35222
Password must have 8-16 characters
Your token balance is 48291
Tokens used: 48291
The 2026 security report has 120 pages and cost 48000
Security deposit 48291
Confirm your appointment 14/03 10:30 by replying YES to 48291
Confirm your booking at https://book.example/482913
Sign in at https://acme.example/?c=482913
Verify your email: https://acme.example/verify/482913771
Use gate 48291 to enter
Enter the 2026 marathon now! 42195 metres
Register by 15/03 at acme.example/2026
Registration number AB12 CDE, mileage 48291
Inscrivez-vous avant le 15/03/2026 au 01 42 68 53 00
Mon code postal : 75011
Code agence 30004 guichet 00823
Le code secret de l'amour coûte 15 euros
Nr zamówienia: 482913
Numer rezerwacji 482913
Kod odbioru jest w aplikacji InPost, paczka 612345678901234567890123
Ваш баланс 48291 руб. Номер договора 771209
Код товара 482913 в наличии
Артикул 482913
Встреча в 15:00, каб. 4829
Оплата 5000р прошла. Карта 4829. Доступно 12000р
Sipariş no: 482913
Randevunuz 14.03.2026 10:30
您好，明天3点开会，会议号482913771
您的快递到了，取件请到3号柜
请拨打10086查询
股票代码600519大涨
房间号4021
予約番号：482913
お届け予定日 3月14日 14:00-16:00
電話番号は03-1234-5678です
예약번호 482913 3월 14일
문의 1588-1234
Cuộc hẹn lúc 10:30 ngày 14/03/2026
Tổng đài 19001234
Gọi 0912345678
موعدك يوم 14/03 الساعة 10:30
سعر الذهب 48291
نوبت شما ساعت ۱۰:۳۰ روز ۱۴۰۴/۱۲/۲۳
पिन कोड 110001
आपका खाता शेष 48291
Postleitzahl: 10115
Sie haben 4829 Punkte
Zählerstand 48291
Wir sehen uns um 1830 in Raum 4021
Anmeldung bis 15.03.2026 unter 030 1234567
Registro civil 4829, Madrid
Tengo 25000 seguidores
Ligue 0800 123 4567
Guardi il video, 48291 visualizzazioni
Ci vediamo alle 1830
Il codice della strada 2026
Kamer 4021, Hotel Acme
Room 4021 is ready
Bus 4829 leaves at 1830
Anna: 482913 people, wow
See you in 2 days, 14 hours
Ticket 482913 was updated
JIRA-4829 is done
Fix PROJ-48213 please
The PR #4829 is merged
sha 9fceb02 broke it
I need part no XJ4829-B
Sizes 3842 and 4044
1000 2000 3000
Win 25000 now
"""


def codes() -> list[tuple[str, str]]:
    """Every message that holds a code, after the code."""
    pairs = (line.split("|", 1) for line in CODES.strip().splitlines())
    return [(code, text.replace("\\n", "\n")) for code, text in pairs]


def ordinary() -> list[str]:
    """Every message without one."""
    return ORDINARY.strip().splitlines()
