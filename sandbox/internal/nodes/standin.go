package nodes

import (
	"context"
	"time"

	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
)

// standIn does the work of one controller that a cloud brings along: it is called with the key (namespace/name) of each
// object that appears or changes, and again, ever less often, while it returns an error.
type standIn struct {
	name     string
	informer cache.SharedIndexInformer
	sync     func(ctx context.Context, key string) error
}

func (s standIn) run(ctx context.Context) {
	queue := workqueue.NewTypedRateLimitingQueue(
		workqueue.NewTypedItemExponentialFailureRateLimiter[string](10*time.Millisecond, 10*time.Second))
	enqueue := func(object any) {
		if key, err := cache.MetaNamespaceKeyFunc(object); err == nil {
			queue.Add(key)
		}
	}
	_, err := s.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    enqueue,
		UpdateFunc: func(_, object any) { enqueue(object) },
	})
	if err != nil {
		klog.ErrorS(err, "watch", "standIn", s.name)
		return
	}
	defer queue.ShutDown()
	context.AfterFunc(ctx, queue.ShutDown)
	if !cache.WaitForCacheSync(ctx.Done(), s.informer.HasSynced) {
		return
	}
	for s.next(ctx, queue) {
	}
}

func (s standIn) next(ctx context.Context, queue workqueue.TypedRateLimitingInterface[string]) bool {
	key, stop := queue.Get()
	if stop {
		return false
	}
	defer queue.Done(key)
	if err := s.sync(ctx, key); err != nil {
		klog.ErrorS(err, "will try again", "standIn", s.name, "object", key)
		queue.AddRateLimited(key)
		return true
	}
	queue.Forget(key)
	return true
}
