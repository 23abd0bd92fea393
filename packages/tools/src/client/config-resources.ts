/** Numbers of config resource types on the wire (org.apache.kafka.common.config.ConfigResource.Type). */
export const TOPIC_RESOURCE = 2;
export const BROKER_RESOURCE = 4;
export const BROKER_LOGGER_RESOURCE = 8;
export const CLIENT_METRICS_RESOURCE = 16;
