package detail

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

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
