import type { TopicConfig, TopicOverrides } from '../config/topic-config';

const NO_OVERRIDES: TopicOverrides = new Map();

/** The effective configuration of every topic: its own settings over the broker's, kept current by `/config/changes`. */
export class TopicConfigs {
  private readonly overrides = new Map<string, TopicOverrides>();
  private readonly resolved = new Map<string, TopicConfig>();

  constructor(private readonly resolve: (overrides: TopicOverrides) => TopicConfig) {}

  get(topic: string): TopicConfig {
    let config = this.resolved.get(topic);
    if (!config) {
      config = this.resolve(this.overrides.get(topic) ?? NO_OVERRIDES);
      this.resolved.set(topic, config);
    }
    return config;
  }

  has(topic: string): boolean {
    return this.overrides.has(topic);
  }

  /** A topic's own settings have been read. */
  set(topic: string, overrides: Readonly<Record<string, string>>): void {
    this.overrides.set(topic, new Map(Object.entries(overrides)));
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
