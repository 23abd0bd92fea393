import { connectStandalone } from './standalone';

let broken = false;
process.stdout.on('error', () => {
  broken = true;
});

const stdout = {
  write: (data: string | Uint8Array) => {
    if (!broken) process.stdout.write(data);
  },
  get broken() {
    return broken;
  },
};

void connectStandalone(process.argv.slice(2), {
  stdout,
  onInterrupt: (listener) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => listener(signal));
  },
}).then((code) => {
  process.stdout.write('', () => process.exit(code));
});
