using System.Collections.Immutable;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Authorization;
using Iggy.Gateway.Security;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;

namespace Iggy.Gateway.Commands;

/// <summary>Users: make, look at, change, remove. Logging in is in <see cref="LoginCommands"/>.</summary>
internal sealed class UserCommands(IGrainFactory grains, LoginThrottle throttle)
{
    /// <summary>The user, or null when there is none. Everybody may look at himself.</summary>
    public async ValueTask<UserDetails?> FindAsync(Session session, Identifier id)
    {
        if (await FindAsync(id) is not { } user)
            return null;
        UserAccess.Demand(user.Id == session.UserId || session.Access.MayReadUsers());
        return await Directory.GetAsync(user.Id);
    }

    /// <summary>All users, by ascending id.</summary>
    public ValueTask<ImmutableArray<UserEntry>> ListAsync(Session session)
    {
        UserAccess.Demand(session.Access.MayReadUsers());
        return Directory.ListAsync();
    }

    /// <summary>Makes a user.</summary>
    public async ValueTask<UserDetails> CreateAsync(Session session, string username, string password, UserStatus status, Permissions? permissions)
    {
        UserAccess.Demand(session.Access.MayManageUsers());
        CommandRefusedException.ThrowIf(ProtocolLimits.CheckUsername(username));
        NewNames.Demand(username, present: null, IggyError.InvalidUsername);
        CommandRefusedException.ThrowIf(ProtocolLimits.CheckPassword(password));
        RequireKnown(status);
        return await Directory.CreateAsync(new NewUser(username, password, status is UserStatus.Inactive, PermissionBlock.ToGrain(permissions)));
    }

    /// <summary>Changes name, status or both; null keeps what is. Root stays active.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="id">The user.</param>
    /// <param name="username">The new name, or null.</param>
    /// <param name="status">The new status, or null.</param>
    /// <param name="judge">Gets the number of the user and may refuse; null for nothing to judge.</param>
    public async ValueTask UpdateAsync(Session session, Identifier id, string? username, UserStatus? status, Action<uint>? judge = null)
    {
        UserAccess.Demand(session.Access.MayManageUsers());
        if (username is not null)
            CommandRefusedException.ThrowIf(ProtocolLimits.CheckUsername(username));
        if (status is { } asked)
            RequireKnown(asked);
        var user = await GetAsync(id);
        judge?.Invoke(user.Id);
        if (username is not null)
            NewNames.Demand(username, user.Username, IggyError.InvalidUsername);
        await Directory.UpdateAsync(user.Id, username, status is null ? null : status is UserStatus.Inactive);
    }

    /// <summary>Replaces all permissions of a user other than root.</summary>
    public async ValueTask UpdatePermissionsAsync(Session session, Identifier id, Permissions? permissions)
    {
        UserAccess.Demand(session.Access.MayManageUsers());
        var user = await GetAsync(id);
        await Directory.SetPermissionsAsync(user.Id, PermissionBlock.ToGrain(permissions));
    }

    /// <summary>Removes a user other than root; its sessions end.</summary>
    public async ValueTask DeleteAsync(Session session, Identifier id)
    {
        UserAccess.Demand(session.Access.MayManageUsers());
        var user = await GetAsync(id);
        await Directory.DeleteAsync(user.Id);
    }

    /// <summary>Replaces a password. The present one is always asked for, and guessing it is as slow as at a login.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="id">Whose password.</param>
    /// <param name="current">The present one.</param>
    /// <param name="password">The next.</param>
    /// <param name="token">Id of the token that the request came with: where it is the user's own it stays good. Null or empty where there is none.</param>
    public async ValueTask ChangePasswordAsync(Session session, Identifier id, string current, string password, string? token = null)
    {
        CommandRefusedException.ThrowIf(ProtocolLimits.CheckPassword(current));
        CommandRefusedException.ThrowIf(ProtocolLimits.CheckPassword(password));
        var user = await GetAsync(id);
        UserAccess.Demand(user.Id == session.UserId || session.Access.MayManageUsers());

        using var attempt = await throttle.EnterAsync(session.Address, user.Username, session.Gone);
        // Not in the directory's turn, where others would wait.
        var refusal = await grains.GetGrain<IUserGrain>(user.Id).VerifyPasswordAsync(current, attempt.IsFromKnownPlace, session.Gone);
        if (refusal is Refusal.None)
            refusal = await Directory.ChangePasswordAsync(user.Id, current, password, user.Id == session.UserId && token is { Length: > 0 } ? token : null);
        if (refusal is Refusal.TooManyLogins)
            throw new RefusedException(refusal, "Too many passwords wait to be compared (Iggy:Users:MaxWaitingPasswords).");
        if (refusal is Refusal.InvalidCredentials)
            await throttle.FailAsync(session.Address, user.Username, session.Gone);
        CommandRefusedException.ThrowIf(RefusalTable.ToError(refusal));
    }

    private IUserDirectoryGrain Directory => grains.GetGrain<IUserDirectoryGrain>(0);

    private ValueTask<UserEntry?> FindAsync(Identifier id) => id.Name is { } name ? Directory.FindByNameAsync(name) : Directory.FindByIdAsync(id.Number);

    private async ValueTask<UserEntry> GetAsync(Identifier id) =>
        await FindAsync(id) ?? throw new CommandRefusedException(IggyError.ResourceNotFound);

    private static void RequireKnown(UserStatus status)
    {
        if (!Enum.IsDefined(status))
            throw new CommandRefusedException(IggyError.InvalidCommand);
    }
}
