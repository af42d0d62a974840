package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/internal/server/live"
)

// table is one of a state.
type table struct {
	Rows    int                        `json:"rows"`
	Columns map[string]json.RawMessage `json:"columns"`
}

// printState says what a state costs beside the same rows as objects.
func printState(server string, state []byte) error {
	packed, took, err := fetch(server, rounds)
	if err != nil {
		return err
	}
	rows, err := workloads(state)
	if err != nil {
		return err
	}
	began := time.Now()
	text, size, err := naiveState(rows)
	if err != nil {
		return err
	}
	naive := time.Since(began)
	fmt.Printf("state: %d KB, %d KB packed, %s; as objects the workloads alone would be %d KB, %d KB packed, %s\n",
		len(state)>>10, packed>>10, took.Round(100*time.Microsecond), len(text)>>10, size>>10, naive.Round(100*time.Microsecond))
	return nil
}

const rounds = 20

// fetch asks for the packed state again and again, while it changes, and returns its size and what one takes.
func fetch(server string, times int) (size int, each time.Duration, err error) {
	began := time.Now()
	for range times {
		request, err := http.NewRequest(http.MethodGet, server+"/api/v1/state", nil)
		if err != nil {
			return 0, 0, err
		}
		request.Header.Set("Accept-Encoding", "gzip") // so that it isn't unpacked here
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0, 0, err
		}
		n, err := io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if err != nil {
			return 0, 0, err
		}
		size = int(n)
	}
	return size, time.Since(began) / time.Duration(times), nil
}

// naiveState writes rows as a list of objects, packed as the page's state is.
func naiveState(rows []live.Workload) (text []byte, packed int, err error) {
	if text, err = json.Marshal(rows); err != nil {
		return nil, 0, err
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, 0, err
	}
	if _, err := z.Write(text); err != nil {
		return nil, 0, err
	}
	return text, out.Len(), z.Close()
}

// naiveTelling is how long it takes to write all workloads for one page after one change, in seconds.
func naiveTelling(server string) (float64, error) {
	state, err := get(server + "/api/v1/state")
	if err != nil {
		return 0, err
	}
	rows, err := workloads(state)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for range rounds {
		if _, _, err := naiveState(rows); err != nil {
			return 0, err
		}
	}
	return time.Since(began).Seconds() / rounds, nil
}

// workloads reads the rows of a state.
func workloads(state []byte) ([]live.Workload, error) {
	var all struct {
		Tables map[string]table `json:"tables"`
	}
	if err := json.Unmarshal(state, &all); err != nil {
		return nil, err
	}
	t := all.Tables["workloads"]
	objects := make([]map[string]any, t.Rows)
	for i := range objects {
		objects[i] = map[string]any{}
	}
	for name, text := range t.Columns {
		values, err := column(text)
		if err != nil {
			return nil, err
		}
		for i, v := range values {
			objects[i][name] = v
		}
	}
	text, err := json.Marshal(objects)
	if err != nil {
		return nil, err
	}
	var rows []live.Workload
	return rows, json.Unmarshal(text, &rows)
}

func column(text json.RawMessage) ([]any, error) {
	var values []any
	if json.Unmarshal(text, &values) == nil {
		return values, nil
	}
	var dictionary struct {
		Words []string `json:"words"`
		Of    []int    `json:"of"`
	}
	if err := json.Unmarshal(text, &dictionary); err != nil {
		return nil, err
	}
	for _, i := range dictionary.Of {
		if i < 0 {
			values = append(values, "")
		} else {
			values = append(values, dictionary.Words[i])
		}
	}
	return values, nil
}

// naivePod is what one pod takes in memory as client-go reads it.
func naivePod() int {
	const n = 1000
	before := heap()
	pods := make([]*corev1.Pod, n)
	for i := range pods {
		text, err := podOf(i/podsPer, i%podsPer, 0).Marshal()
		if err != nil {
			return 0
		}
		pods[i] = &corev1.Pod{}
		if err := pods[i].Unmarshal(text); err != nil {
			return 0
		}
	}
	size := (heap() - before) / n
	runtime.KeepAlive(pods)
	return size
}
