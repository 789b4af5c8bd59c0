package session

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/ai-session/ai-session/internal/persistence"
)

// ids gives sessions their ids: a time first, so that folders sort by age, then what
// nobody can guess. A clock that was set back does not make a session older than one
// that was there before it: the newest of a name is found by its id.
type ids struct {
	mu    sync.Mutex // guards last
	last  int64      // milliseconds
	began string     // what all ids of this manager are behind
}

// begin goes on behind what the store has.
func (i *ids) begin(store *persistence.Store) {
	if store != nil {
		if all, err := store.Sessions(); err == nil && len(all) > 0 {
			i.last = idTime(all[len(all)-1])
		}
	}
	i.began = i.next()
}

func (i *ids) next() string {
	i.mu.Lock()
	i.last = max(time.Now().UnixMilli(), i.last+1)
	at := i.last
	i.mu.Unlock()
	var random [5]byte
	rand.Read(random[:])
	return fmt.Sprintf("s%011x%010x", at, random)
}

// idTime is the time in an id, 0 if it is not one of ours.
func idTime(id string) int64 {
	if len(id) != 22 || id[0] != 's' {
		return 0
	}
	at, err := strconv.ParseInt(id[1:12], 16, 64)
	if err != nil {
		return 0
	}
	return at
}
