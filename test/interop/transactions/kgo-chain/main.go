// kgo-chain copies a topic to a second one and that to a third, in transactions, by franz-go's GroupTransactSession, while it also
// fills the first; it ends with 0 once the third holds each record exactly once and in order. Brokers may come and go meanwhile.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

var (
	bootstrap  = flag.String("bootstrap", "", "brokers, host:port with commas between")
	topics     = flag.String("topics", "chain-in,chain-mid,chain-out", "the three topics, which are there and empty")
	partitions = flag.Int("partitions", 3, "of each topic")
	records    = flag.Int("records", 6_000, "how many are copied")
	perSecond  = flag.Int("per-second", 100, "how many are written each second")
	session    = flag.Duration("session", 6*time.Second, "how long a member of a group may be silent")
	limit      = flag.Duration("limit", 5*time.Minute, "it has failed after that")
)

const workersPerStage = 2

func main() {
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	if err := run(ctx, strings.Split(*topics, ",")); err != nil {
		say("FAIL: %v", err)
		os.Exit(1)
	}
	say("PASS: %d records, each once and in order", *records)
}

func run(ctx context.Context, topics []string) error {
	copying, stop := context.WithCancel(ctx)
	defer stop()
	var workers []*worker
	for stage := range len(topics) - 1 {
		for number := range workersPerStage {
			w := &worker{name: fmt.Sprintf("chain-%d-%d", stage, number), from: topics[stage], to: topics[stage+1]}
			w.done = make(chan struct{})
			workers = append(workers, w)
			go w.run(copying, ctx)
		}
	}
	filled := make(chan error, 1)
	go func() { filled <- fill(copying, topics[0]) }()

	out := topics[len(topics)-1]
	// Live first: says when all has been copied. What is judged is read again from the start, once nobody writes any more.
	liveErr := check(ctx, out, false)
	if liveErr != nil {
		stop()
	}
	fillErr := <-filled
	stop()
	for _, w := range workers {
		<-w.done
		say("%s: %d committed, %d aborted on purpose, %d aborted by the session, %d joins failed, %d times set back, %d lives ended by errors",
			w.name, w.committed, w.aborted, w.refused, w.rejoins, w.resets, w.failures)
	}
	if liveErr != nil {
		return fmt.Errorf("reading meanwhile: %w", liveErr)
	}
	if fillErr != nil {
		return fmt.Errorf("filling: %w", fillErr)
	}
	if err := writeEnds(ctx, out); err != nil {
		return fmt.Errorf("marking the end: %w", err)
	}
	if err := check(ctx, out, true); err != nil {
		return fmt.Errorf("reading afterwards: %w", err)
	}
	return nil
}

var started = time.Now()

func say(format string, args ...any) {
	fmt.Printf("%6.1f s %s\n", time.Since(started).Seconds(), fmt.Sprintf(format, args...))
}
