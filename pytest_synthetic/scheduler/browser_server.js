// One browser for many runs, by Playwright's own server. Started by browser_process.py in a folder of its own, as
//   node browser_server.js PLAYWRIGHT
// where PLAYWRIGHT is the folder of Playwright's package. Reads options.json, writes ready.json or failed.json, and
// answers on the socket `check` to "during" a run or "between" two: {"contexts": 0}, how many contexts runs have open.
'use strict';

const fs = require('fs');
const net = require('net');
const { chromium } = require(process.argv[2]);

const MISSING = /Executable doesn't exist|is not found at/;

function tell(name, facts) {
  fs.writeFileSync(`${name}.draft`, JSON.stringify(facts), { mode: 0o600 });
  fs.renameSync(`${name}.draft`, name);
}

async function launched({ launch, installed }) {
  const given = { ...launch, host: '127.0.0.1' };
  try {
    return await chromium.launchServer(given);
  } catch (error) {
    if (!installed || !MISSING.test(error.message)) throw error;
    return chromium.launchServer({ ...given, executablePath: installed });
  }
}

// A page of ours, loaded from nowhere. It stays: what it does at each check is what a page of a run would do.
async function ownPage(browser) {
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  await context.route('**', (route) => route.fulfill({ contentType: 'text/html', body: '' }));
  const page = await context.newPage();
  await page.goto('https://check.invalid/');
  return page;
}

async function main() {
  const server = await launched(JSON.parse(fs.readFileSync('options.json', 'utf8')));
  server.on('close', () => process.exit(1));
  const own = await chromium.connect(server.wsEndpoint());
  const session = await own.newBrowserCDPSession();
  const page = await ownPage(own);

  async function answer(socket, moment) {
    try {
      const { browserContextIds } = await session.send('Target.getBrowserContexts');
      await (await own.newContext()).close();
      // Contexts have all to themselves but the clipboard.
      await page.evaluate((clear) => clear && navigator.clipboard.writeText(''), moment === 'between');
      socket.end(JSON.stringify({ contexts: browserContextIds.length - 1 }));
    } catch {
      socket.destroy();
    }
  }

  function asked(socket) {
    socket.on('error', () => {});
    socket.once('data', (moment) => answer(socket, moment.toString()));
  }

  net.createServer(asked).listen('check', () => {
    fs.chmodSync('check', 0o600);
    tell('ready.json', { endpoint: server.wsEndpoint(), pid: process.pid });
  });
}

main().catch((error) => {
  tell('failed.json', { why: error.message.split('\n')[0] });
  process.exit(1);
});
