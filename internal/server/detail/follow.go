package detail

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

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
