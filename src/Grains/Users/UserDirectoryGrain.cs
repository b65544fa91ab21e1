using System.Collections.Immutable;
using Iggy.Grains.Catalog;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;
using Iggy.Grains.Options;
using Iggy.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Users;

/// <summary>Gives user ids and names. Changes come one at a time; calls go down to the users only.</summary>
/// <remarks>Name and status lie in one row, so an update of both is one write. Permissions lie with the user, since they may be long.</remarks>
internal sealed partial class UserDirectoryGrain(
    [PagedState("users")] IPersistentState<UserDirectoryState> state,
    PasswordHasher hasher, IOptions<UserOptions> options, TimeProvider clock, ILogger<UserDirectoryGrain> logger)
    : CatalogGrain<UserDirectoryState>(state, logger), IUserDirectoryGrain
{
    private const uint RootId = 0;
    private const uint NoUser = uint.MaxValue; // what the protocol shows as the user of a client that is not logged in
    private const int AtOnce = 128; // users asked at a time to give up what they hold in a deleted stream

    protected override bool HasRemovals => !Stored.Removing.IsEmpty;

    public async ValueTask<bool> EnsureRootAsync(string username, string passwordHash)
    {
        if (IndexOf(RootId) >= 0)
            return false;

        // The secret first: a listed user can log in, and what a crash leaves is overwritten by the next attempt.
        await User(RootId).CreateAsync(passwordHash);
        await StoreAsync(Stored with { Users = Stored.Users.Insert(0, new UserEntry(RootId, username, clock.UnixMicros())) });
        LogRootMade(logger, username);
        return true;
    }

    public ValueTask<UserEntry?> FindByNameAsync(string username)
    {
        foreach (var user in Stored.Users)
        {
            if (user.Username == username) // ordinal: byte for byte
                return new(user);
        }

        return new((UserEntry?)null);
    }

    public ValueTask<UserEntry?> FindByIdAsync(uint id) => new(IndexOf(id) is >= 0 and var index ? Stored.Users[index] : null);

    public ValueTask<ImmutableArray<UserEntry>> ListAsync() => new(Stored.Users);

    public async ValueTask<UserDetails?> GetAsync(uint id) => IndexOf(id) is >= 0 and var index
        ? await DetailsAsync(Stored.Users[index])
        : null;

    public async ValueTask<UserDetails> CreateAsync(NewUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        RefuseTaken(user.Username, except: null);
        var id = Stored.Users.IsEmpty ? RootId + 1 : Math.Max(Stored.NextId, Math.Max(RootId, Stored.Users[^1].Id) + 1);
        while (Stored.UnknownIds.Contains(id))
            id++;
        if (Stored.Users.Length >= options.Value.MaxUsers || id == NoUser)
            throw new RefusedException(Refusal.TooManyUsers, $"There are {Stored.Users.Length} users, the next id is {id}; allowed: {options.Value.MaxUsers} (Iggy:Users:MaxUsers).");

        var hash = await hasher.HashAsync(user.Password); // other changes wait for it, reads and logins do not
        var entry = new UserEntry(id, user.Username, clock.UnixMicros(), user.Inactive, HasGrants(user.Permissions));
        await User(id).CreateAsync(hash, user.Permissions); // before it is listed, so that a listed user always has its password
        try
        {
            await StoreAsync(Stored with { Users = Stored.Users.Add(entry), NextId = id + 1 });
        }
        catch (RefusedException) when (!Lost && IndexOf(id) < 0)
        {
            await UndoAsync(id);
            throw;
        }

        await CatalogNotice.SendAsync(GrainFactory, logger);
        return new UserDetails(entry, user.Permissions);
    }

    public async ValueTask UpdateAsync(uint id, string? username, bool? inactive)
    {
        var index = Find(id);
        if (id == RootId && inactive is true)
            throw new RefusedException(Refusal.RootKeepsPermissions, "The root user cannot be made inactive: nobody could undo it.");
        if (username is not null)
            RefuseTaken(username, except: id);

        var entry = Stored.Users[index];
        var updated = entry with { Username = username ?? entry.Username, Inactive = inactive ?? entry.Inactive };
        if (updated.Inactive && !entry.Inactive)
            updated = updated with { Generation = entry.Generation + 1, KeptToken = null };
        if (updated == entry)
            return;

        await StoreAsync(Stored with { Users = Stored.Users.SetItem(index, updated) });
        await CatalogNotice.SendAsync(GrainFactory, logger);
    }

    public async ValueTask<Refusal> ChangePasswordAsync(uint id, string current, string password, string? keptToken)
    {
        if (IndexOf(id) < 0)
            return Refusal.UserNotFound;
        if (await User(id).VerifyPasswordAsync(current, isFromKnownPlace: true) is var wrong and not Refusal.None)
            return wrong;

        // Before, so that no crash leaves tokens of the old password alive; and after, for a login with it that came in between.
        await RaiseGenerationAsync(id, keptToken);
        var refusal = await User(id).ChangePasswordAsync(current, password);
        await RaiseGenerationAsync(id, keptToken);
        await CatalogNotice.SendAsync(GrainFactory, logger);
        return refusal;
    }

    public async ValueTask SetPermissionsAsync(uint id, UserPermissions? permissions)
    {
        var index = Find(id);
        if (id == RootId)
            throw new RefusedException(Refusal.RootKeepsPermissions, "The root user keeps all permissions.");

        // The mark first: whoever holds a grant has it, or a deleted stream would leave that grant behind.
        if (HasGrants(permissions) && !Stored.Users[index].HasGrants)
            await StoreAsync(Stored with { Users = Stored.Users.SetItem(index, Stored.Users[index] with { HasGrants = true }) });
        await User(id).SetPermissionsAsync(permissions);
        await CatalogNotice.SendAsync(GrainFactory, logger);
    }

    public async ValueTask DeleteAsync(uint id)
    {
        var index = Find(id);
        if (id == RootId)
            throw new RefusedException(Refusal.RootStays, "The root user cannot be deleted.");

        await StoreAsync(Stored with
        {
            Users = Stored.Users.RemoveAt(index),
            NextId = Math.Max(Stored.NextId, id + 1), // for a folder that was written before ids were counted
            Removing = Stored.Removing.Add(id),
        });
        await CatalogNotice.SendAsync(GrainFactory, logger);
        await RemoveSoonAsync();
    }

    public async ValueTask DropGrantsAsync(uint streamId, uint? topicId)
    {
        var asked = new List<Task<bool>>(AtOnce);
        var changed = false;
        foreach (var user in Stored.Users)
        {
            if (!user.HasGrants)
                continue;
            asked.Add(User(user.Id).DropGrantsAsync(streamId, topicId).AsTask());
            if (asked.Count < AtOnce)
                continue;
            changed |= (await Task.WhenAll(asked)).Contains(true);
            asked.Clear();
        }

        changed |= (await Task.WhenAll(asked)).Contains(true);
        if (changed)
            await CatalogNotice.SendAsync(GrainFactory, logger);
    }

    protected override async Task<Func<UserDirectoryState, UserDirectoryState>> RemoveAsync(CancellationToken cancellationToken)
    {
        var ids = Stored.Removing;
        foreach (var id in ids)
            await User(id).DeleteAsync();
        return state => state with { Removing = state.Removing.RemoveRange(ids) };
    }

    private async Task RaiseGenerationAsync(uint id, string? keptToken)
    {
        var index = Find(id);
        var entry = Stored.Users[index];
        await StoreAsync(Stored with { Users = Stored.Users.SetItem(index, entry with { Generation = entry.Generation + 1, KeptToken = keptToken }) });
    }

    private static bool HasGrants(UserPermissions? permissions) => permissions is { Streams.IsEmpty: false };

    private IUserGrain User(uint id) => GrainFactory.GetGrain<IUserGrain>(id);

    private async ValueTask<UserDetails> DetailsAsync(UserEntry entry) =>
        new(entry, entry.Id == RootId ? UserPermissions.All : await User(entry.Id).GetPermissionsAsync());

    private int Find(uint id) => IndexOf(id) is >= 0 and var index
        ? index
        : throw new RefusedException(Refusal.UserNotFound, $"There is no user with the id {id}.");

    // Looked up for every session after each change, so not one by one.
    private int IndexOf(uint id)
    {
        var users = Stored.Users;
        var (low, high) = (0, users.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (users[middle].Id < id)
                low = middle + 1;
            else
                high = middle;
        }

        return low < users.Length && users[low].Id == id ? low : -1;
    }

    private void RefuseTaken(string username, uint? except)
    {
        foreach (var user in Stored.Users)
        {
            if (user.Username == username && user.Id != except)
                throw new RefusedException(Refusal.UserNameTaken, $"User {user.Id} has the name '{username}'.");
        }
    }

    private async Task UndoAsync(uint id)
    {
        try
        {
            await User(id).DeleteAsync();
        }
        catch (Exception e) // the caller is told of the first failure; the row left is overwritten by the next user of this id
        {
            LogUndoFailed(logger, id, e);
        }
    }

    [LoggerMessage(2200, LogLevel.Information, "Root user {Username} was created")]
    private static partial void LogRootMade(ILogger logger, string username);

    [LoggerMessage(2202, LogLevel.Warning, "User {UserId} was not created, but its metadata row could not be taken back")]
    private static partial void LogUndoFailed(ILogger logger, uint userId, Exception exception);
}
