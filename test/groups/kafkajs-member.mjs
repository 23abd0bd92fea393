// One consumer of kafkajs as a process of its own, to be killed, paused and resumed. Says what it is assigned and what it reads, a line of JSON each.
import { Kafka, logLevel } from 'kafkajs';

const [broker, groupId, topic] = process.argv.slice(2);
const say = (fact) => process.stdout.write(`${JSON.stringify(fact)}\n`);

const retry = { initialRetryTime: 50, maxRetryTime: 500, retries: 1000 };
const kafka = new Kafka({ clientId: 'member', brokers: [broker], logLevel: logLevel.NOTHING, retry });

async function start() {
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 2000,
    rebalanceTimeout: 5000,
    heartbeatInterval: 200,
    maxWaitTimeInMs: 200,
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberId, memberAssignment } }) =>
    say({ memberId, assigned: memberAssignment[topic] ?? [] }),
  );
  // A connection that breaks while kafkajs looks for the coordinator ends the consumer for good ("Failed to find group coordinator").
  consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || start());
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => say({ value: message.value.toString() }) });
}

await start();
