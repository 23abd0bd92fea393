import { type ChildProcess, execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { home, tempDir } from './process';
import { until } from './until';

/**
 * A real Chromium without a window, driven over its DevTools protocol (https://chromedevtools.github.io/devtools-protocol):
 * JSON messages, each ended by a zero byte, over two pipes, so that no port of it is open to anybody.
 */

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

const FLAGS = [
  '--headless',
  '--remote-debugging-pipe',
  // Tests run as root in containers, where Chromium's own sandbox cannot be; the pages are ours.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-extensions',
  '--force-color-profile=srgb',
  // A name of somebody else's that leads here: what DNS rebinding makes of it.
  '--host-resolver-rules=MAP rebound.example 127.0.0.1',
];

/** In a process of its own: jest does not import ES modules. May have to fetch it. */
async function resolveChromium(): Promise<{ command: string; env: Record<string, string> }> {
  const module = JSON.stringify(path.join(home, 'scripts', 'lib', 'chromium-home.mjs'));
  const script = `import(${module}).then((m) => m.resolveChromium()).then((it) => console.log(JSON.stringify(it)))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  return JSON.parse(stdout);
}

export class Browser {
  private readonly waiting = new Map<number, Waiting>();
  private readonly listeners = new Map<string, (message: Message) => void>();
  private received = '';
  private ids = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
  ) {
    const answers = child.stdio[4] as Duplex;
    answers.setEncoding('utf8');
    answers.on('data', (text: string) => this.take(text));
    child.on('exit', (code, signal) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`the browser ended: ${code ?? signal}`));
    });
  }

  static async launch(): Promise<Browser> {
    const { command, env } = await resolveChromium();
    const profile = tempDir('chromium');
    const child = spawn(command, [...FLAGS, `--user-data-dir=${profile}`], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      // A group of its own, so that those which it starts die with it.
      detached: true,
    });
    const browser = new Browser(child, profile);
    process.on('exit', () => browser.kill());
    return browser;
  }

  async newPage(): Promise<BrowserPage> {
    const { targetId } = await this.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
    const page = new BrowserPage((method, params) => this.send(method, params, sessionId));
    this.listeners.set(sessionId, ({ method, params }) => page.heard(method!, params as never));
    await page.open();
    return page;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.kill();
    await ended;
    // Processes that it has started die with it, but not before it: they may hold the other ends, and finish a write, for a while.
    for (const pipe of this.child.stdio) pipe?.destroy();
    fs.rmSync(this.profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
  }

  private kill(): void {
    if (this.child.exitCode === null && this.child.signalCode === null) process.kill(-this.child.pid!, 'SIGKILL');
  }

  private send<T>(method: string, params: object, sessionId?: string): Promise<T> {
    const id = ++this.ids;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      (this.child.stdio[3] as Duplex).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  private take(text: string): void {
    const messages = (this.received + text).split('\0');
    this.received = messages.pop()!;
    for (const message of messages) this.heard(JSON.parse(message) as Message);
  }

  private heard(message: Message): void {
    const { id, result, error, sessionId } = message;
    if (id === undefined) {
      this.listeners.get(sessionId ?? '')?.(message);
      return;
    }
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }
}

type Send = <T>(method: string, params: object) => Promise<T>;

interface Evaluated {
  readonly result: { readonly value: unknown };
  readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
}

interface Complaint {
  readonly type?: string;
  readonly entry?: { readonly level: string; readonly source: string; readonly text: string };
  readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
  readonly args?: readonly unknown[];
}

/** What keys are called, and what they type; a letter is its own. */
const KEYS: Readonly<Record<string, { readonly code: number; readonly text?: string }>> = {
  Enter: { code: 13, text: '\r' },
  Escape: { code: 27 },
  Tab: { code: 9 },
  Home: { code: 36 },
  End: { code: 35 },
  ArrowLeft: { code: 37 },
  ArrowUp: { code: 38 },
  ArrowRight: { code: 39 },
  ArrowDown: { code: 40 },
};

/** A tab. What is run in it is JavaScript as text: tests know nothing of the browser's types. */
export class BrowserPage {
  /** Exceptions, errors on the console and violations of the content security policy; not answers that are errors. */
  readonly errors: string[] = [];

  constructor(private readonly send: Send) {}

  async open(): Promise<void> {
    for (const domain of ['Page', 'Runtime', 'Log']) await this.send(`${domain}.enable`, {});
    await this.resize(1280, 800);
  }

  heard(method: string, { type, entry, exceptionDetails, args }: Complaint): void {
    if (method === 'Log.entryAdded' && entry!.level === 'error' && entry!.source !== 'network')
      this.errors.push(entry!.text);
    if (method === 'Runtime.exceptionThrown')
      this.errors.push(exceptionDetails?.exception?.description ?? 'an exception');
    if (method === 'Runtime.consoleAPICalled' && type === 'error') this.errors.push(JSON.stringify(args));
  }

  async resize(width: number, height: number): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
  }

  async prefer(scheme: 'light' | 'dark'): Promise<void> {
    // Without motion: nothing is half way when it is looked at.
    const features = [
      { name: 'prefers-color-scheme', value: scheme },
      { name: 'prefers-reduced-motion', value: 'reduce' },
    ];
    await this.send('Emulation.setEmulatedMedia', { features });
  }

  /** Loads an address anew, and waits until it is there. */
  async goto(url: string): Promise<void> {
    await this.send('Page.navigate', { url: 'about:blank' });
    await this.send('Page.navigate', { url });
    await this.until(`document.readyState === 'complete' && location.href !== 'about:blank'`);
  }

  /** The value of an expression, which may be a promise. */
  async evaluate<T>(expression: string): Promise<T> {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.send<Evaluated>('Runtime.evaluate', options);
    if (exceptionDetails) throw new Error(`${exceptionDetails.exception?.description} in ${expression}`);
    return result.value as T;
  }

  /** Waits until an expression is true. */
  async until(expression: string): Promise<void> {
    await until(() => this.evaluate<boolean>(`Boolean(${expression})`)).catch(async () => {
      throw new Error(`not so: ${expression}; the page says:\n${await this.text('body')}`);
    });
  }

  /** The text that a person sees of an element; empty where it is not there. */
  async text(selector: string): Promise<string> {
    return this.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`);
  }

  async untilText(selector: string, pattern: RegExp): Promise<void> {
    await this.until(`${pattern}.test(document.querySelector(${JSON.stringify(selector)})?.innerText ?? '')`);
  }

  /** The cells of a table, by its label; each in one line. */
  async rows(label: string): Promise<string[][]> {
    const table = `document.querySelector(${JSON.stringify(`table[aria-label="${label}"]`)})`;
    return this.evaluate(
      `[...(${table}?.tBodies[0].rows ?? [])].filter((row) => !row.ariaHidden).map((row) => [...row.cells].map((cell) => cell.innerText.replace(/\\s+/g, ' ')))`,
    );
  }

  /** Waits until a table's rows are as they should be; gives them. */
  async untilRows(label: string, holds: (rows: string[][]) => boolean): Promise<string[][]> {
    let rows: string[][] = [];
    const isSo = async (): Promise<boolean> => {
      rows = await this.rows(label);
      return holds(rows);
    };
    await until(isSo).catch(async () => {
      throw new Error(`${label} are ${JSON.stringify(rows)}; the page says:\n${await this.text('body')}`);
    });
    return rows;
  }

  async click(selector: string): Promise<void> {
    await this.until(`document.querySelector(${JSON.stringify(selector)})`);
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  /** The button with this text. */
  async clickButton(text: string): Promise<void> {
    const found = `[...document.querySelectorAll('button')].find((it) => it.innerText === ${JSON.stringify(text)} && !it.disabled)`;
    await this.until(found);
    await this.evaluate(`${found}.click()`);
  }

  /** Presses keys one after another, wherever the focus is. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const { code, text } = KEYS[key] ?? { code: key.toUpperCase().charCodeAt(0), text: key };
      const event = { key, windowsVirtualKeyCode: code };
      await this.send('Input.dispatchKeyEvent', {
        ...event,
        type: text === undefined ? 'rawKeyDown' : 'keyDown',
        text,
      });
      await this.send('Input.dispatchKeyEvent', { ...event, type: 'keyUp' });
    }
  }

  /** Types into what has the focus, in the place of what is there. */
  async type(text: string): Promise<void> {
    await this.evaluate('document.activeElement.select?.()');
    await this.send('Input.insertText', { text });
  }

  /** Fills in a field that the page labels so. */
  async fill(label: string, text: string): Promise<void> {
    const labelled = `[...document.querySelectorAll('label')].find((it) => it.innerText === ${JSON.stringify(label)})?.control`;
    const field = `(document.querySelector(${JSON.stringify(`input[aria-label="${label}"]`)}) ?? ${labelled})`;
    await this.until(field);
    await this.evaluate(`${field}.focus()`);
    await this.type(text);
  }

  /** A picture, as PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.send<{ data: string }>('Page.captureScreenshot', { format: 'png' });
    return Buffer.from(data, 'base64');
  }
}
