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

  /**
   * A topic's own settings have been read. Throws `ConfigException` where they make no sense: then those that were known
   * stay, and where none were known `get` throws as well, so that no log is opened with settings that nobody wanted.
   */
  set(topic: string, overrides: Readonly<Record<string, string>>): void {
    const next: TopicOverrides = new Map(Object.entries(overrides));
    if (!this.overrides.has(topic)) this.overrides.set(topic, next);
    this.resolved.set(topic, this.resolve(next));
    this.overrides.set(topic, next);
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
