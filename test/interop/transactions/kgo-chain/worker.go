package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	recordsPerPoll = 30
	// One of so many transactions is aborted on purpose.
	abortOneOf         = 10
	transactionTimeout = 10 * time.Second
)

// patient is what each client here is told: to try again for as long as a broker may be away.
func patient(opts ...kgo.Opt) []kgo.Opt {
	return append([]kgo.Opt{
		kgo.SeedBrokers(splitBootstrap()...),
		kgo.RequestRetries(1_000),
		kgo.RetryTimeout(time.Minute),
		kgo.RecordRetries(math.MaxInt),
		kgo.UnknownTopicRetries(-1),
		kgo.RetryBackoffFn(func(int) time.Duration { return 200 * time.Millisecond }),
		kgo.MetadataMinAge(200 * time.Millisecond),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	}, opts...)
}

// worker copies one topic to another, partition to the same partition, as one of the members of a group.
type worker struct {
	name, from, to                                         string
	committed, aborted, refused, rejoins, resets, failures int
	done                                                   chan struct{}
}

// run starts sessions, each with the id of the one before, until ctx ends; a transaction that is under way then may still end in life.
func (w *worker) run(ctx, life context.Context) {
	defer close(w.done)
	for ctx.Err() == nil {
		if err := w.live(ctx, life); err != nil && ctx.Err() == nil {
			w.failures++
			say("%s: a new session after: %v", w.name, err)
			time.Sleep(200 * time.Millisecond)
		}
	}
}

func (w *worker) live(ctx, life context.Context) error {
	session, err := kgo.NewGroupTransactSession(patient(
		kgo.TransactionalID(w.name),
		kgo.TransactionTimeout(transactionTimeout),
		kgo.ConsumerGroup("group-of-"+w.from),
		kgo.ConsumeTopics(w.from),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.SessionTimeout(*session),
		kgo.HeartbeatInterval(*session/6),
	)...)
	if err != nil {
		return err
	}
	defer session.Close()
	for ctx.Err() == nil {
		fetches := session.PollRecords(ctx, recordsPerPoll)
		for _, failed := range fetches.Errors() {
			if ctx.Err() != nil {
				return nil
			}
			// The session joins again by itself.
			var group *kgo.ErrGroupSession
			if errors.As(failed.Err, &group) {
				w.rejoins++
				continue
			}
			// It asks for the end of the epoch of the last record that it has given out, where it may be behind a marker of a
			// later one: what it takes for lost is that marker. What is lost indeed is missing in the end.
			var lost *kgo.ErrDataLoss
			if errors.As(failed.Err, &lost) {
				w.resets++
				continue
			}
			return fmt.Errorf("fetching %s-%d: %w", failed.Topic, failed.Partition, failed.Err)
		}
		if fetches.NumRecords() == 0 {
			continue
		}
		if err := w.copy(life, session, fetches); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) copy(ctx context.Context, session *kgo.GroupTransactSession, fetches kgo.Fetches) error {
	if err := session.Begin(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	unwritten := kgo.AbortingFirstErrPromise(session.Client())
	fetches.EachRecord(func(r *kgo.Record) {
		record := &kgo.Record{Topic: w.to, Partition: r.Partition, Key: r.Key, Value: r.Value}
		session.Produce(ctx, record, unwritten.Promise())
	})
	onPurpose := rand.IntN(abortOneOf) == 0
	writeErr := unwritten.Err()
	committed, err := session.End(ctx, kgo.TransactionEndTry(writeErr == nil && !onPurpose))
	switch {
	case err != nil:
		return fmt.Errorf("end: %w", err)
	case writeErr != nil:
		return fmt.Errorf("produce: %w", writeErr)
	case committed:
		w.committed++
	case onPurpose:
		w.aborted++
	default:
		w.refused++
	}
	return nil
}
