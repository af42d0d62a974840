package detail

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

// logLine is one line of one container.
type logLine struct {
	Pod       string `json:"pod"`
	Container string `json:"container"`
	Time      string `json:"time"` // RFC 3339; "" if the kubelet tells none
	Text      string `json:"text"`
	Note      bool   `json:"note,omitempty"` // said by Fairlead, not by the container
}

const (
	mostFollowed = 40       // containers that are read at once
	mostLogLine  = 16 << 10 // bytes; a longer line is cut
	mostTail     = 5000
	tail         = 200 // lines of each container, if nothing is said
)

// logs reads, of a pod or of all pods of a workload, one container or all.
type logs struct {
	*view
	core     rest.Interface
	pace     pace
	options  corev1.PodLogOptions
	pod      string // one; "" for those of object
	object   string // an id
	in       string // namespace
	send     func(any) error
	mu       sync.Mutex
	reading  int                 // containers that are read now
	read     map[string]*reading // by container and how often it had started
	hasNoted bool                // that there are more than are read
}

// reading of one container.
type reading struct {
	pod, container string
	isOn           bool
	isResumed      bool      // it had ended, and goes on
	last           time.Time // that of the last line that was sent
	hasFailed      bool      // which was told
}

func (s *server) logs(ctx context.Context, v *view, r *http.Request) (*feed, error) {
	q := r.URL.Query()
	l := &logs{view: v, pace: s.pace.orUsual(), pod: q.Get("pod"), object: q.Get("object"), in: q.Get("namespace"), read: map[string]*reading{}}
	if l.object != "" {
		id, err := parseID(l.object)
		if err != nil {
			return nil, err
		}
		l.in = id.Namespace
	}
	if l.in == "" || (l.pod == "") == (l.object == "") {
		return nil, reply.Bad("no pod is named", "add namespace= and pod=, or object= with the id of a workload")
	}
	var err error
	if l.options, err = logOptions(q); err != nil {
		return nil, err
	}
	if l.core, err = coreOf(v.config); err != nil {
		return nil, err
	}
	right := authorizationv1.ResourceAttributes{Namespace: l.in, Verb: "get", Resource: "pods", Subresource: "log"}
	may, err := v.may(ctx, right)
	if err != nil {
		return nil, err
	}
	if !may {
		return nil, reply.With(http.StatusForbidden, fmt.Errorf("you cannot get resource %q in API group %q in the namespace %q", "pods/log", "", l.in))
	}
	if _, err := l.pods(ctx); err != nil {
		return nil, err
	}
	return &feed{right: right, run: l.run}, nil
}

func logOptions(q url.Values) (o corev1.PodLogOptions, err error) {
	o = corev1.PodLogOptions{Container: q.Get("container"), Follow: isYes(q.Get("follow")), Previous: isYes(q.Get("previous")), Timestamps: true}
	lines := int64(tail)
	if text := q.Get("tail"); text != "" {
		if lines, err = strconv.ParseInt(text, 10, 64); err != nil || lines < 0 {
			return o, reply.Bad("tail is no number of lines", "such as tail=200")
		}
	}
	lines = min(lines, mostTail)
	o.TailLines = &lines
	if text := q.Get("since"); text != "" {
		age, err := time.ParseDuration(text)
		if err != nil || age < time.Second {
			return o, reply.Bad("since is no time", "such as since=10m")
		}
		seconds := int64(age.Seconds())
		o.SinceSeconds = &seconds
	}
	return o, nil
}

func isYes(text string) bool { return text == "1" || text == "true" }

// coreOf calls the core API with no time limit: a log may be followed for hours.
func coreOf(config *rest.Config) (rest.Interface, error) {
	config = rest.CopyConfig(config)
	config.APIPath, config.GroupVersion = "/api", &corev1.SchemeGroupVersion
	config.NegotiatedSerializer, config.QPS, config.Timeout = scheme.Codecs.WithoutConversion(), -1, 0
	return rest.RESTClientFor(config)
}

// pods whose logs are read.
func (l *logs) pods(ctx context.Context) ([]corev1.Pod, error) {
	if l.pod != "" {
		var one corev1.Pod
		err := l.API.Get(ctx, client.ObjectKey{Namespace: l.in, Name: l.pod}, &one)
		if apierrors.IsNotFound(err) {
			err = reply.NotFound("there is no such pod", "it may be gone: look at which there are")
		}
		return []corev1.Pod{one}, err
	}
	id, err := parseID(l.object)
	if err != nil {
		return nil, err
	}
	live, err := l.view.object(ctx, id)
	if err != nil {
		return nil, err
	}
	return l.podsOf(ctx, live)
}

// run reads all there is, and with follow what comes, of pods that come, too.
func (l *logs) run(ctx context.Context, send func(any) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l.send = func(line any) error {
		err := send(line)
		if err != nil {
			cancel(err)
		}
		return err
	}
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel(nil)
	look := time.NewTicker(l.pace.look)
	defer look.Stop()
	for {
		pods, err := l.pods(ctx)
		if err != nil && ctx.Err() == nil && (!l.options.Follow || apierrors.IsForbidden(err) || reply.Status(err) == http.StatusNotFound) {
			return err
		}
		for i := range pods {
			l.begin(ctx, &pods[i], &readers)
		}
		if !l.options.Follow {
			readers.Wait()
			return context.Cause(ctx)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-look.C:
		}
	}
}

// begin reads those containers of a pod that have started and are not read yet.
func (l *logs) begin(ctx context.Context, pod *corev1.Pod, readers *sync.WaitGroup) {
	for _, s := range append(append([]corev1.ContainerStatus{}, pod.Status.InitContainerStatuses...), pod.Status.ContainerStatuses...) {
		if l.options.Container != "" && s.Name != l.options.Container {
			continue
		}
		if s.State.Running == nil && s.State.Terminated == nil && s.LastTerminationState.Terminated == nil {
			continue // it has said nothing yet
		}
		one := l.take(fmt.Sprintf("%s/%s/%d", pod.UID, s.Name, s.RestartCount), s.State.Running != nil)
		if one == nil {
			continue
		}
		one.pod, one.container = pod.Name, s.Name
		readers.Go(func() {
			defer l.done(one)
			l.follow(ctx, one)
		})
	}
}

// take says which container is to be read now: one that is new, or one that runs, and whose log has ended all the same.
func (l *logs) take(key string, runs bool) *reading {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.read[key]
	if one != nil && (one.isOn || !runs || !l.options.Follow) {
		return nil
	}
	if l.reading == mostFollowed {
		if !l.hasNoted {
			l.hasNoted = true
			_ = l.send(logLine{Note: true, Text: fmt.Sprintf("there are more than %d containers: name a pod to read the others", mostFollowed)})
		}
		return nil
	}
	if one == nil {
		one = &reading{}
		l.read[key] = one
	} else {
		one.isResumed = true
	}
	l.reading++
	one.isOn = true
	return one
}

func (l *logs) done(one *reading) {
	l.mu.Lock()
	one.isOn = false
	l.reading--
	l.mu.Unlock()
}

// follow sends the lines of a container, as fast as the reader takes them: the kubelet waits.
func (l *logs) follow(ctx context.Context, one *reading) {
	options := l.options
	if options.Container = one.container; !one.last.IsZero() {
		since := metav1.NewTime(one.last)
		options.SinceTime, options.SinceSeconds, options.TailLines = &since, nil, nil
	}
	body, err := l.core.Get().Namespace(l.in).Resource("pods").Name(one.pod).SubResource("log").VersionedParams(&options, scheme.ParameterCodec).Stream(ctx)
	if err == nil {
		err = l.lines(body, one)
		_ = body.Close()
	}
	if err != nil && ctx.Err() == nil && !one.hasFailed {
		one.hasFailed = true
		_ = l.send(logLine{Pod: one.pod, Container: one.container, Note: true, Text: unread(err)})
	}
}

// lines sends what comes after the last that was sent.
func (l *logs) lines(body io.Reader, one *reading) error {
	resumed := one.last
	reader := bufio.NewReaderSize(body, mostLogLine)
	for {
		text, isCut, err := reader.ReadLine()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		line := logLine{Pod: one.pod, Container: one.container}
		line.Time, line.Text = stamped(string(text))
		at, _ := time.Parse(time.RFC3339Nano, line.Time)
		for isCut && err == nil {
			_, isCut, err = reader.ReadLine()
			if !isCut {
				line.Text += "…"
			}
		}
		if one.isResumed && !at.After(resumed) {
			continue
		}
		if err := l.send(line); err != nil {
			return err
		}
		if at.After(one.last) {
			one.last = at
		}
	}
}

// stamped takes off the time that the kubelet puts before a line.
func stamped(text string) (at, rest string) {
	text = strings.ToValidUTF8(text, "\uFFFD")
	first, rest, _ := strings.Cut(text, " ")
	if _, err := time.Parse(time.RFC3339Nano, first); err != nil {
		return "", text
	}
	return first, rest
}

// unread words why a container's log can't be read.
func unread(err error) string {
	said, ok := errors.AsType[*apierrors.StatusError](err)
	switch {
	case ok && apierrors.IsForbidden(err):
		return "you may not read its log"
	case ok && (said.ErrStatus.Code >= 500 || apierrors.IsNotFound(err)):
		return "the kubelet of its node doesn't serve its log: " + cut(said.ErrStatus.Message)
	case hint.Of(err) != "":
		return cut(err.Error()) + "; " + hint.Of(err)
	}
	return "its log can't be read: " + cut(err.Error())
}
