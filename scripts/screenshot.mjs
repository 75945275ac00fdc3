// The pictures of the README, taken from the real program: builds nothing, starts dist/, drives Chromium, stops it again.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const PORT = 3187;
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

mkdirSync(`${root}/docs`, { recursive: true });
const bot = spawn(process.execPath, ['dist/src/main.js'], {
  cwd: root,
  env: { ...process.env, TCPSTATES_WORKSPACE_PORT: String(PORT), TCPSTATES_INVENTORY: 'none.yml', LOG_LEVEL: 'warn' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  await new Promise((resolve, reject) => {
    bot.stdout.on('data', (text) => String(text).includes('Try:') && resolve());
    bot.once('exit', () => reject(new Error('the bot ended before it was ready')));
  });
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: QUIET });
  for (const [name, viewport] of [
    ['tcpstates', { width: 1180, height: 1240 }],
    ['phone', { width: 390, height: 844 }],
  ]) {
    const page = await browser.newPage({ viewport, deviceScaleFactor: 1 });
    await page.goto(`http://127.0.0.1:${PORT}/`);
    const composer = page.getByRole('textbox').first();
    await composer.waitFor();
    if (name === 'tcpstates') {
      await composer.fill('/tcpstates web-1');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Enter');
    }
    await page.getByText('CRITICAL').first().waitFor();
    await page.waitForTimeout(2_000);
    const dismiss = page.getByText('Dismiss message').first();
    if (await dismiss.isVisible()) await dismiss.click();
    await page
      .getByText('CRITICAL')
      .first()
      .evaluate((verdict) => {
        verdict.scrollIntoView({ block: 'start' });
        // Below the notice that stays at the top.
        verdict.closest('[data-testid="messages"], [class*="messages"]')?.scrollBy(0, -150);
      });
    await page.waitForTimeout(500);
    await page.screenshot({ path: `${root}/docs/${name}.png` });
    await page.close();
  }
  await browser.close();
} finally {
  bot.kill('SIGTERM');
}
