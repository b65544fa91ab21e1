using System.Collections.Concurrent;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Users;

namespace Iggy.Gateway.Security;

/// <summary>Remembers what users may do, for all sessions of this gateway, until anything changes.</summary>
/// <remarks>Emptied by the notification that precedes the answer to a change, like the routes: so a change counts for open sessions at once. A session
/// keeps a user id and asks here at each request; a miss costs one grain call. As many entries as users were asked for, so memory is bounded
/// by the number of users.</remarks>
internal sealed class AccessCache(IGrainFactory grains)
{
    private Snapshot _snapshot = new();

    /// <summary>Forgets all. A lookup that began before adds to a snapshot that nobody reads any more.</summary>
    public void Clear() => Volatile.Write(ref _snapshot, new Snapshot());

    /// <summary>Refreshes <see cref="Session.Access"/>; to be called before each request of a session that is logged in.</summary>
    /// <returns>False when the user is gone or inactive, which ends the session.</returns>
    public ValueTask<bool> RefreshAsync(Session session) => Volatile.Read(ref _snapshot).Users.TryGetValue(session.UserId, out var user)
        ? new(session.Take(user?.Access))
        : TakeAsync(LookUpAsync(session.UserId), session);

    /// <summary>The same for a request whose token says which generation of its user it was given to.</summary>
    /// <returns>False also when the user is of a later one, which ends the token, unless the user keeps it.</returns>
    public async ValueTask<bool> RefreshAsync(Session session, long generation, string tokenId)
    {
        if (!Volatile.Read(ref _snapshot).Users.TryGetValue(session.UserId, out var user))
            user = await LookUpAsync(session.UserId);
        return session.Take(user is not null && user.Entry.Honours(generation, tokenId) ? user.Access : null);
    }

    private static async ValueTask<bool> TakeAsync(ValueTask<CachedUser?> lookup, Session session) => session.Take((await lookup)?.Access);

    private async ValueTask<CachedUser?> LookUpAsync(uint userId)
    {
        var snapshot = Volatile.Read(ref _snapshot); // before the lookup: what changes meanwhile must not be remembered
        var user = await grains.GetGrain<IUserDirectoryGrain>(0).GetAsync(userId);
        var found = user is null or { Entry.Inactive: true } ? null : new CachedUser(UserAccess.Of(user.Permissions), user.Entry);
        snapshot.Users.TryAdd(userId, found);
        return found;
    }

    private sealed record CachedUser(UserAccess Access, UserEntry Entry);

    private sealed class Snapshot
    {
        /// <summary>By user id; null for one who may not be here at all.</summary>
        public ConcurrentDictionary<uint, CachedUser?> Users { get; } = new();
    }
}
