package nottoomicro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/practice"
)

// queues finds what a pod consumes under a name that it shares: a topic as a consumer group, a queue or a subscription.
func queues(p *practice.Pass, pod *practice.Pod, note func(store, use)) {
	type told struct {
		name string
		at   practice.Place
	}
	namespace := pod.Object.ID().Namespace
	var groups, topics []told
	for s := range p.Settings(pod) {
		if s.Name == "" || s.Value == "" || practice.HasPlaceholder(s.Value) || strings.ContainsAny(s.Value, " {[@") {
			continue // what has an @ may have a password
		}
		words := reference.Words(s.Name)
		switch {
		case isGroup(words):
			groups = append(groups, told{s.Value, s.At()})
		case isTopic(words):
			for topic := range strings.SplitSeq(s.Value, ",") {
				topics = append(topics, told{topic, s.At()})
			}
		case isConsumed(words):
			note(store{namespace, fmt.Sprintf("%s %s", words[slices.IndexFunc(words, isQueue)], s.Value), true}, use{pod: pod, at: s.At()})
		}
	}
	for _, group := range groups {
		for _, topic := range topics {
			note(store{namespace, fmt.Sprintf("topic %s as group %s", topic.name, group.name), true}, use{pod: pod, at: group.at})
		}
	}
}

// isGroup says whether a setting is the name of a consumer group: KAFKA_GROUP_ID, group.id, CONSUMER_GROUP.
func isGroup(words []string) bool {
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	before := words[:len(words)-1]
	switch last {
	case "group":
		return slices.Contains(before, "consumer") || slices.Contains(before, "kafka")
	case "id", "name":
		return len(before) > 0 && before[len(before)-1] == "group" && !slices.Contains(before, "user") && !slices.Contains(before, "log")
	case "groupid":
		return true
	}
	return false
}

// isTopic says whether a setting is the name of a topic that may be consumed.
func isTopic(words []string) bool {
	if len(words) == 0 || slices.ContainsFunc(words, isSent) {
		return false
	}
	last := words[len(words)-1]
	return last == "topic" || last == "topics" || last == "name" && len(words) > 1 && words[len(words)-2] == "topic"
}

func isSent(word string) bool {
	switch word {
	case "out", "output", "produce", "producer", "produced", "publish", "publisher", "published", "sink", "target", "to", "dlq", "dlt", "dead", "letter", "retry", "reply", "response":
		return true
	}
	return false
}

func isQueue(word string) bool {
	return word == "queue" || word == "queues" || word == "subscription" || word == "subscriptions"
}

// isConsumed says whether a setting is the name of a queue that is taken from: a subscription always is.
func isConsumed(words []string) bool {
	i := slices.IndexFunc(words, isQueue)
	if i < 0 || slices.ContainsFunc(words, isSent) {
		return false
	}
	switch words[len(words)-1] {
	case "name", "url", "id", "queue", "subscription":
	default:
		return false
	}
	return words[i] == "subscription" && !slices.Contains(words, "azure") || slices.ContainsFunc(words, func(word string) bool {
		return slices.Contains([]string{"consume", "consumer", "input", "in", "listen", "listener", "subscribe", "source", "incoming", "inbound"}, word)
	})
}
