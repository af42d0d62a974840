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

	"github.com/fairlead-dev/fairlead/bench/measure"
	"github.com/fairlead-dev/fairlead/internal/server/live"
)

// table is one of a state.
type table struct {
	Rows    int                        `json:"rows"`
	Columns map[string]json.RawMessage `json:"columns"`
}

// printState says what a state costs beside a list of objects. Times are of the processor: others may use it, too.
func printState(server string, state []byte) error {
	size := 0
	took, err := cpuOf(func() (err error) { size, err = fetch(server); return err })
	if err != nil {
		return err
	}
	rows, columns, err := workloads(state)
	if err != nil {
		return err
	}
	objects, packed := 0, 0
	naive, err := cpuOf(func() (err error) { objects, packed, err = naiveState(rows); return err })
	if err != nil {
		return err
	}
	ours, err := pack(columns)
	if err != nil {
		return err
	}
	fmt.Printf("state: %d KB, %d KB packed, %s; its workloads %d KB, %d KB packed; as objects these would be %d KB, %d KB packed, %s\n",
		len(state)>>10, size>>10, took, len(columns)>>10, ours>>10, objects>>10, packed>>10, naive)
	return nil
}

const rounds = 20

// cpuOf is what one call takes of the processor, measured over several.
func cpuOf(call func() error) (time.Duration, error) {
	before, err := measure.Self()
	if err != nil {
		return 0, err
	}
	for range rounds {
		if err := call(); err != nil {
			return 0, err
		}
	}
	after, err := measure.Self()
	return (after.CPU - before.CPU) / rounds, err
}

// fetch asks for the state, packed, and returns its size.
func fetch(server string) (int, error) {
	request, err := http.NewRequest(http.MethodGet, server+"/api/v1/state", nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Accept-Encoding", "gzip") // so that it isn't unpacked here
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	n, err := io.Copy(io.Discard, response.Body)
	return int(n), err
}

// naiveState writes rows as a list of objects, packed as the page's state is.
func naiveState(rows []live.Workload) (size, packed int, err error) {
	text, err := json.Marshal(rows)
	if err != nil {
		return 0, 0, err
	}
	packed, err = pack(text)
	return len(text), packed, err
}

func pack(text []byte) (int, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return 0, err
	}
	if _, err := z.Write(text); err != nil {
		return 0, err
	}
	err = z.Close()
	return out.Len(), err
}

// naiveTelling is what it takes of the processor to write all workloads for one page after one change.
func naiveTelling(server string) (time.Duration, error) {
	state, err := get(server + "/api/v1/state")
	if err != nil {
		return 0, err
	}
	rows, _, err := workloads(state)
	if err != nil {
		return 0, err
	}
	return cpuOf(func() error { _, _, err := naiveState(rows); return err })
}

// workloads reads the rows of a state, and returns how they are written in it.
func workloads(state []byte) (rows []live.Workload, columns []byte, err error) {
	var all struct {
		Tables map[string]json.RawMessage `json:"tables"`
	}
	if err := json.Unmarshal(state, &all); err != nil {
		return nil, nil, err
	}
	columns = all.Tables["workloads"]
	var t table
	if err := json.Unmarshal(columns, &t); err != nil {
		return nil, nil, err
	}
	objects := make([]map[string]any, t.Rows)
	for i := range objects {
		objects[i] = map[string]any{}
	}
	for name, text := range t.Columns {
		values, err := column(text)
		if err != nil {
			return nil, nil, err
		}
		for i, v := range values {
			objects[i][name] = v
		}
	}
	text, err := json.Marshal(objects)
	if err != nil {
		return nil, nil, err
	}
	err = json.Unmarshal(text, &rows)
	return rows, columns, err
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
