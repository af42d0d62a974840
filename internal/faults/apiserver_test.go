package faults

import (
	"net/http"
	"testing"
	"time"
)

const trouble = `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"etcd has no leader","reason":"InternalError","code":500}`
const busy = `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too many requests","reason":"TooManyRequests","code":429}`
const away = `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"shutting down","reason":"ServiceUnavailable","code":503}`

// An update is pushed while what passes between the controller and the API server breaks.
func TestAPIServer(t *testing.T) {
	for name, c := range map[string]struct {
		fault Fault
		cut   bool     // end the watches there are, so that new ones are asked for
		says  []string // of a sync that is Partial; the fault is lifted once that is told
		long  bool     // not in the short form
	}{
		"every answer takes 200 ms longer":             {fault: Fault{Match: All, Effect: Delay(200 * time.Millisecond)}, long: true},
		"500 to every apply":                           {fault: Fault{Match: Verb("apply"), Effect: Answer(http.StatusInternalServerError, trouble)}, says: []string{"ConfigMap", "etcd has no leader", "Applications are tried again by themselves"}},
		"500 to everything for 10 s":                   {fault: Fault{Match: All, For: 10 * time.Second, Effect: Answer(http.StatusInternalServerError, trouble)}, long: true},
		"429 with Retry-After to every second request": {fault: Fault{Match: everySecond(), For: 6 * time.Second, Effect: Answer(http.StatusTooManyRequests, busy, "Retry-After", "1")}, long: true},
		"503 to every apply":                           {fault: Fault{Match: Verb("apply"), Effect: Answer(http.StatusServiceUnavailable, away)}, says: []string{"unable to handle the request"}, long: true},
		"the answers to three applies are lost":        {fault: Fault{Match: Verb("apply"), Times: 3, Effect: Lose()}},
		"the answer to an apply is cut":                {fault: Fault{Match: Verb("apply"), Times: 1, Effect: Cut(40)}, long: true},
		"the answer to an apply is truncated":          {fault: Fault{Match: Verb("apply"), Times: 1, Effect: Truncate(40)}, long: true},
		"the answer to a read is truncated":            {fault: Fault{Match: Verb("get"), Times: 3, Effect: Truncate(40)}},
		"the answer to a read is rubbish":              {fault: Fault{Match: Verb("get"), Times: 3, Effect: Answer(http.StatusOK, "<html>sign in</html>")}, long: true},
		"watches are cut in the middle of an event":    {fault: Fault{Match: Verb("watch"), For: 5 * time.Second, Effect: Cut(300)}, cut: true, long: true},
		"lists and watches are truncated":              {fault: Fault{Match: listsAndWatches, For: 5 * time.Second, Effect: Truncate(300)}, cut: true, long: true},
		"watches say nothing for 5 s":                  {fault: Fault{Match: Verb("watch"), For: 5 * time.Second, Effect: Mute()}, cut: true, long: true},
		"nothing is answered for 6 s":                  {fault: Fault{Match: All, For: 6 * time.Second, Effect: Hold()}, cut: true, long: true},
		"the record of a release is refused once":      {fault: Fault{Match: Of("create", "releases"), Times: 1, Effect: Answer(http.StatusInternalServerError, trouble)}, long: true},
		"the answer to a release's record is lost":     {fault: Fault{Match: Of("create", "releases"), Times: 1, Effect: Lose()}, long: true},
		"the status can't be written for 5 s":          {fault: Fault{Match: Of("update", "applications/status"), For: 5 * time.Second, Effect: Answer(http.StatusInternalServerError, trouble)}, long: true},
		"the answer to a delete is lost":               {fault: Fault{Match: Verb("delete"), Times: 1, Effect: Lose()}},
		"a delete is refused twice":                    {fault: Fault{Match: Verb("delete"), Times: 2, Effect: Answer(http.StatusInternalServerError, trouble)}, long: true},
	} {
		t.Run(name, func(t *testing.T) {
			if c.long && testing.Short() {
				t.Skip("not in the short form")
			}
			t.Parallel()
			w := newWorld(t)
			w.open()
			c.fault.Name = name
			fault := w.toAPI.Inject(c.fault)
			if c.cut {
				w.toAPI.Cut()
			}
			w.push(update)
			if c.says != nil {
				w.says("shop", "Partial", c.says...)
				fault.Lift()
			}
			w.recovers("API server", fault, "configmaps/d")
		})
	}
}

// A server that refuses connections for a while: the one that an update is pushed to, or the one it is for.
func TestAway(t *testing.T) {
	if testing.Short() {
		t.Skip("not in the short form")
	}
	for where, c := range map[string]struct {
		proxy func(*world) *Proxy
		says  string
	}{
		"git server": {func(w *world) *Proxy { return w.toGit }, "the server does not answer"},
		"API server": {func(w *world) *Proxy { return w.toAPI }, ""},
	} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.open()
			row := w.row(where, "connections are refused for 5 s")
			row.struck = 1
			proxy := c.proxy(w)
			proxy.Down()
			away := time.NewTimer(5 * time.Second)
			w.push(update)
			if c.says != "" {
				w.says("shop", "FetchFailed", c.says)
			}
			<-away.C
			if err := proxy.Up(); err != nil {
				t.Fatal(err)
			}
			row.since(time.Now(), w.holds(both, "configmaps/d"))
		})
	}
}

func listsAndWatches(r Request) bool { return r.Verb == "list" || r.Verb == "watch" }

func everySecond() Match {
	n := 0 // the proxy asks one at a time
	return func(Request) bool {
		n++
		return n%2 == 0
	}
}
