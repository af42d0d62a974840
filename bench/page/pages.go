package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// heard is what the pages have been told so far.
type heard struct {
	began time.Time

	mu     sync.Mutex
	deltas int
	bytes  int
	waits  []time.Duration // from a change to its being read here
}

// readPages opens streams, reads them as pages do, and prints a line about it each second.
func readPages(address string, pages int) error {
	h := heard{began: time.Now()}
	failed := make(chan error, pages)
	for range pages {
		go func() { failed <- h.read(address + "/api/v1/stream") }()
	}
	fmt.Println("open")
	for {
		select {
		case err := <-failed:
			return err
		case <-time.After(time.Second):
			fmt.Println(h.line())
		}
	}
}

func (h *heard) line() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	waits := slices.Sorted(slices.Values(h.waits))
	if len(waits) == 0 {
		return "nothing was told"
	}
	return fmt.Sprintf("%d deltas of %d bytes on average; from the change to the page %s in the middle, %s at most",
		h.deltas, h.bytes/h.deltas, waits[len(waits)/2].Round(time.Millisecond), waits[len(waits)-1].Round(time.Millisecond))
}

func (h *heard) read(url string) error {
	response, err := http.Get(url)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 16<<20)
	event, known := "", map[string]bool{}
	for lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), ": "); {
		case name == "event":
			event = value
		case name == "data" && event == "delta":
			if err := h.take(value, known); err != nil {
				return err
			}
		case name == "data" && event != "beat":
			return fmt.Errorf("a stream says %s: %s", event, value)
		}
	}
	return fmt.Errorf("a stream has ended: %w", lines.Err())
}

// take reads a delta. known are the labels that this page has read before: a row is told again when one of its pods changes.
func (h *heard) take(data string, known map[string]bool) error {
	now := time.Now()
	var delta struct {
		Tables struct {
			Workloads struct {
				Set []struct {
					ID     string   `json:"id"`
					Labels []string `json:"labels"`
				} `json:"set"`
			} `json:"workloads"`
		} `json:"tables"`
	}
	if err := json.Unmarshal([]byte(data), &delta); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deltas++
	h.bytes += len(data)
	for _, row := range delta.Tables.Workloads.Set {
		for _, label := range row.Labels {
			text, ok := strings.CutPrefix(label, "at=")
			if !ok || known[row.ID+text] {
				continue
			}
			known[row.ID+text] = true
			at, _ := strconv.ParseInt(text, 10, 64)
			if wait := now.Sub(time.UnixMilli(at)); wait < time.Since(h.began) { // it was told before this page was open
				h.waits = append(h.waits, wait)
			}
		}
	}
	return nil
}
