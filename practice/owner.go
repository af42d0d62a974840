package practice

// IsControlled says that a controller made the object and keeps it as it is: a Deployment's pod on a cluster. What is to
// be judged and changed is its owner.
func (o *Object) IsControlled() bool {
	owners, _ := o.Get("metadata", "ownerReferences").([]any)
	for _, owner := range owners {
		if fields, ok := owner.(map[string]any); ok && fields["controller"] == true {
			return true
		}
	}
	return false
}
