import type { TopicConfig } from '../config/topic-config';

/** The effective configuration of every topic: its own settings over the broker's, kept current by `/config/changes`. */
export class TopicConfigs {
  private readonly overrides = new Map<string, Readonly<Record<string, string>>>();
  private readonly resolved = new Map<string, TopicConfig>();

  constructor(private readonly resolve: (overrides: Readonly<Record<string, string>>) => TopicConfig) {}

  get(topic: string): TopicConfig {
    let config = this.resolved.get(topic);
    if (!config) {
      config = this.resolve(this.overrides.get(topic) ?? {});
      this.resolved.set(topic, config);
    }
    return config;
  }

  /** A topic's own settings have been read. */
  set(topic: string, overrides: Readonly<Record<string, string>>): void {
    this.overrides.set(topic, overrides);
    this.resolved.delete(topic);
  }

  delete(topic: string): void {
    this.overrides.delete(topic);
    this.resolved.delete(topic);
  }

  /** The broker's defaults have changed. */
  invalidate(): void {
    this.resolved.clear();
  }
}
