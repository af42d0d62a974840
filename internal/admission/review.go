package admission

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

const (
	// bound is how long the API server waits, and how long a review takes at most.
	bound = 2 * time.Second
	// margin is left of that for the way back.
	margin = 200 * time.Millisecond
	// largest body: the API server takes requests of 3 MiB, and sends the object that was there before, too.
	largest = 7 << 20
)

// handler is the route table: a path for each mode, and one for whoever asks whether to send reviews here.
func (w *Webhook) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(rw http.ResponseWriter, _ *http.Request) {
		if !w.Ready() {
			http.Error(rw, "the webhook has yet to warm up", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(rw, "ok\n")
	})
	mux.Handle("POST /"+string(Report), &handler{Webhook: w, mode: Report})
	mux.Handle("POST /"+string(Enforce), &handler{Webhook: w, mode: Enforce, failClosed: w.options.FailClosed})
	return mux
}

type handler struct {
	*Webhook
	mode       Mode
	failClosed bool
}

// refusal is the answer to what is no review. The API server then does as the failure policy says.
type refusal struct {
	status int
	reason string
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	request, no := readReview(w, r)
	if no != nil {
		count(h.mode, failed, start)
		h.options.Log.Debug("admission review refused", "status", no.status, "reason", no.reason)
		http.Error(w, no.reason, no.status)
		return
	}
	h.see(request)
	ctx, cancel := context.WithTimeout(r.Context(), timeFor(r))
	defer cancel()
	response, became := h.review(ctx, request)
	count(h.mode, became, start)
	response.UID = request.UID
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(&admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "AdmissionReview"},
		Response: response,
	})
}

// timeFor is how long a review may take: as the API server says, and never longer than it says by our configuration.
func timeFor(r *http.Request) time.Duration {
	timeout, err := time.ParseDuration(r.URL.Query().Get("timeout"))
	if err != nil || timeout <= 0 || timeout > bound {
		timeout = bound
	}
	return timeout - min(margin, timeout/10)
}

// request is what of an AdmissionRequest is read. Its object is read along with it: to take the text of an object out of the
// review and then apart costs as much again.
type request struct {
	UID      types.UID               `json:"uid"`
	Kind     metav1.GroupVersionKind `json:"kind"`
	Resource struct {
		Group    string `json:"group"`
		Resource string `json:"resource"`
	} `json:"resource"`
	SubResource string                `json:"subResource"`
	Name        string                `json:"name"`
	Namespace   string                `json:"namespace"`
	Operation   admissionv1.Operation `json:"operation"`
	DryRun      bool                  `json:"dryRun"`
	UserInfo    struct {
		Username string `json:"username"`
	} `json:"userInfo"`
	Options struct {
		FieldManager string `json:"fieldManager"`
	} `json:"options"`
	Object    any             `json:"object"`
	OldObject json.RawMessage `json:"oldObject"` // which is asked for only if something is found
}

func readReview(w http.ResponseWriter, r *http.Request) (*request, *refusal) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, &refusal{http.StatusUnsupportedMediaType, "an admission review is application/json"}
	}
	var buffer bytes.Buffer
	buffer.Grow(int(min(max(r.ContentLength, 0), largest)) + bytes.MinRead) // as large as it is said to be, lest it grow again and again
	_, err := buffer.ReadFrom(http.MaxBytesReader(w, r.Body, largest))
	if _, isTooLarge := errors.AsType[*http.MaxBytesError](err); isTooLarge {
		return nil, &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the admission review is larger than %d MiB", largest>>20)}
	}
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "the admission review was cut short"}
	}
	var review struct {
		metav1.TypeMeta `json:",inline"`
		Request         *request `json:"request"`
	}
	if err := utiljson.Unmarshal(buffer.Bytes(), &review); err != nil {
		return nil, &refusal{http.StatusBadRequest, "read admission review: " + err.Error()}
	}
	switch {
	case review.APIVersion != admissionv1.SchemeGroupVersion.String() || review.Kind != "AdmissionReview":
		return nil, &refusal{http.StatusBadRequest, clip(fmt.Sprintf("this is a %q of %q: only an AdmissionReview of admission.k8s.io/v1 is answered here", review.Kind, review.APIVersion), most)}
	case review.Request == nil || review.Request.UID == "":
		return nil, &refusal{http.StatusBadRequest, "the admission review has no request, or none with a uid"}
	}
	return review.Request, nil
}

// review answers a request, and says in a word how.
func (h *handler) review(ctx context.Context, request *request) (*admissionv1.AdmissionResponse, outcome) {
	allow := &admissionv1.AdmissionResponse{Allowed: true}
	if !isJudged(request) {
		return allow, allowed
	}
	found, err := h.judge.of(ctx, request)
	if err != nil {
		h.options.Log.Warn("object not judged at admission", "kind", request.Kind.Kind, "namespace", request.Namespace, "name", request.Name, "error", err)
		if h.failClosed {
			return refuse(http.StatusInternalServerError, metav1.StatusReasonInternalError,
				"Fairlead could not judge the object, and is told to refuse it then: "+clip(err.Error(), most)), failed
		}
		allow.Warnings = []string{clip("Fairlead let this pass without judging it: "+err.Error(), warningSize)}
		return allow, failed
	}
	if len(found) == 0 {
		return allow, allowed
	}
	if !request.DryRun {
		countFindings(h.mode, found)
	}
	response, became := allow, reported
	if h.mode == Enforce {
		response, became = refuse(http.StatusForbidden, metav1.StatusReasonForbidden, denial(found)), denied
	} else {
		response.Warnings = warnings(found)
	}
	response.AuditAnnotations = map[string]string{"findings": joined(ids(found))}
	return response, became
}

// isJudged leaves out what changes no object as a whole, and Secrets: their values needn't come here.
func isJudged(request *request) bool {
	isWritten := request.Operation == admissionv1.Create || request.Operation == admissionv1.Update
	isSecret := request.Kind.Group == "" && request.Kind.Kind == "Secret"
	return isWritten && request.SubResource == "" && !isSecret
}

func refuse(code int32, reason metav1.StatusReason, message string) *admissionv1.AdmissionResponse {
	return &admissionv1.AdmissionResponse{Result: &metav1.Status{Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message}}
}
