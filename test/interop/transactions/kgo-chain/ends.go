package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// The key of the last record of each partition: a reader of committed records gets there only if no transaction was left open.
const endKey = "end"

func splitBootstrap() []string { return strings.Split(*bootstrap, ",") }

// fill writes record i to partition i modulo their number, at an even pace.
func fill(ctx context.Context, topic string) error {
	client, err := kgo.NewClient(patient()...)
	if err != nil {
		return err
	}
	defer client.Close()
	unwritten := kgo.AbortingFirstErrPromise(client)
	pace := time.NewTicker(time.Second / time.Duration(*perSecond))
	defer pace.Stop()
	for i := 0; i < *records && ctx.Err() == nil; i++ {
		<-pace.C
		key := []byte(strconv.Itoa(i))
		client.Produce(ctx, &kgo.Record{Topic: topic, Partition: int32(i % *partitions), Key: key, Value: key}, unwritten.Promise())
	}
	if err := unwritten.Err(); err != nil {
		return err
	}
	say("filled")
	return ctx.Err()
}

// writeEnds commits one more record to each partition.
func writeEnds(ctx context.Context, topic string) error {
	client, err := kgo.NewClient(patient(kgo.TransactionalID("chain-end"))...)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		return err
	}
	for partition := range *partitions {
		record := &kgo.Record{Topic: topic, Partition: int32(partition), Key: []byte(endKey)}
		if err := client.ProduceSync(ctx, record).FirstErr(); err != nil {
			return err
		}
	}
	return client.EndTransaction(ctx, kgo.TryCommit)
}

// check reads committed records from the start until all have been seen (or, toEnds, each partition's end) and fails at the first
// that is not the next one of its partition.
func check(ctx context.Context, topic string, toEnds bool) error {
	start := map[int32]kgo.Offset{}
	next := make([]int, *partitions)
	for partition := range next {
		start[int32(partition)] = kgo.NewOffset().AtStart()
		next[partition] = partition
	}
	client, err := kgo.NewClient(patient(
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: start}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
	)...)
	if err != nil {
		return err
	}
	defer client.Close()
	seen, ends, saidAt := 0, 0, time.Now()
	for seen < *records || (toEnds && ends < *partitions) {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("over time with %d records seen, %d ends; next of each partition: %v", seen, ends, next)
		}
		fetches.EachError(func(topic string, partition int32, err error) { say("reader: %s-%d: %v", topic, partition, err) })
		for _, record := range fetches.Records() {
			if toEnds && string(record.Key) == endKey {
				ends++
				if next[record.Partition] < *records {
					return fmt.Errorf("partition %d ends before record %d", record.Partition, next[record.Partition])
				}
				continue
			}
			if want := strconv.Itoa(next[record.Partition]); string(record.Key) != want || string(record.Value) != want {
				return fmt.Errorf("partition %d, offset %d: %s where %s is next", record.Partition, record.Offset, record.Key, want)
			}
			next[record.Partition] += *partitions
			seen++
		}
		if time.Since(saidAt) > 10*time.Second {
			saidAt = time.Now()
			say("reader: %d records", seen)
		}
	}
	return nil
}
