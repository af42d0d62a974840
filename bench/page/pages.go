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
	mu     sync.Mutex
	deltas int
	bytes  int
	waits  []time.Duration // from a change to its being read here
}

// readPages opens streams, reads them as pages do, and prints a line about it each second.
func readPages(address string, pages int) error {
	var h heard
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
	event := ""
	for lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), ": "); {
		case name == "event":
			event = value
		case name == "data" && event == "delta":
			if err := h.take(value); err != nil {
				return err
			}
		case name == "data" && event != "beat":
			return fmt.Errorf("a stream says %s: %s", event, value)
		}
	}
	return fmt.Errorf("a stream has ended: %w", lines.Err())
}

func (h *heard) take(data string) error {
	now := time.Now()
	var delta struct {
		Tables struct {
			Workloads struct {
				Set []struct {
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
			if text, ok := strings.CutPrefix(label, "at="); ok {
				at, _ := strconv.ParseInt(text, 10, 64)
				if wait := now.Sub(time.UnixMilli(at)); wait < 5*time.Second { // older ones come with a later change of a pod
					h.waits = append(h.waits, wait)
				}
			}
		}
	}
	return nil
}
