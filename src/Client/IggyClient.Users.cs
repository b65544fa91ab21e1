using Iggy.Client.Connections;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client;

public sealed partial class IggyClient
{
    /// <summary>Adds a user.</summary>
    /// <param name="username">3 to 50 bytes.</param>
    /// <param name="password">3 to 100 bytes.</param>
    /// <param name="permissions">Null for a user that may do nothing.</param>
    /// <param name="status">Whether it may log in.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IggyException"><see cref="IggyError.UserAlreadyExists"/>, among others.</exception>
    public ValueTask<UserDetails> CreateUserAsync(
        string username, string password, Permissions? permissions = null, UserStatus status = UserStatus.Active, CancellationToken cancellationToken = default) =>
        _server.GetAsync<CreateUserRequest, UserDetails>(
            CommandCode.CreateUser, new(username, password, status, permissions), Repeat.Never, cancellationToken);

    /// <summary>One user with its permissions, or null.</summary>
    public async ValueTask<UserDetails?> GetUserAsync(Identifier user, CancellationToken cancellationToken = default) =>
        (await _server.FindAsync<GetUserRequest, UserDetails>(CommandCode.GetUser, new(user), cancellationToken)).Value;

    /// <summary>All users, by id.</summary>
    public ValueTask<IReadOnlyList<UserRecord>> GetUsersAsync(CancellationToken cancellationToken = default) =>
        _server.ListAsync<NoBody, UserRecord>(CommandCode.GetUsers, default, cancellationToken);

    /// <summary>Changes name, status or both of a user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="username">The new name; null leaves it.</param>
    /// <param name="status">The new status; null leaves it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask UpdateUserAsync(Identifier user, string? username = null, UserStatus? status = null, CancellationToken cancellationToken = default) =>
        DoAsync(new UpdateUserRequest(user, username, status), cancellationToken);

    /// <summary>Removes a user; its sessions end.</summary>
    public ValueTask DeleteUserAsync(Identifier user, CancellationToken cancellationToken = default) =>
        DoAsync(new DeleteUserRequest(user), cancellationToken);

    /// <summary>Replaces all permissions of a user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="permissions">Null takes all away.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask UpdatePermissionsAsync(Identifier user, Permissions? permissions, CancellationToken cancellationToken = default) =>
        DoAsync(new UpdatePermissionsRequest(user, permissions), cancellationToken);

    /// <summary>Replaces the password of a user. A client that logged in with the old one logs in again with <see cref="LogInAsync(string, string, CancellationToken)"/>
    /// before its connection breaks.</summary>
    public ValueTask ChangePasswordAsync(Identifier user, string currentPassword, string newPassword, CancellationToken cancellationToken = default) =>
        DoAsync(new ChangePasswordRequest(user, currentPassword, newPassword), cancellationToken);

    /// <summary>Adds a personal access token for the own user.</summary>
    /// <param name="name">3 to 30 bytes.</param>
    /// <param name="expiry">How long it lives from now; null for ever.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The secret: it is never shown again.</returns>
    public async ValueTask<string> CreatePersonalAccessTokenAsync(string name, TimeSpan? expiry = null, CancellationToken cancellationToken = default)
    {
        if (expiry is { } life)
            ArgumentOutOfRangeException.ThrowIfLessThan(life, TimeSpan.FromMicroseconds(1), nameof(expiry));
        var request = new CreatePersonalAccessTokenRequest(name, expiry is { } some ? (ulong)(some.Ticks / TimeSpan.TicksPerMicrosecond) : 0);
        var reply = await _server.GetAsync<CreatePersonalAccessTokenRequest, NewTokenReply>(
            CommandCode.CreatePersonalAccessToken, request, Repeat.Never, cancellationToken);
        return reply.Token;
    }

    /// <summary>The own user's tokens, without their secrets.</summary>
    public ValueTask<IReadOnlyList<TokenRecord>> GetPersonalAccessTokensAsync(CancellationToken cancellationToken = default) =>
        _server.ListAsync<NoBody, TokenRecord>(CommandCode.GetPersonalAccessTokens, default, cancellationToken);

    /// <summary>Removes a token of the own user.</summary>
    public ValueTask DeletePersonalAccessTokenAsync(string name, CancellationToken cancellationToken = default) =>
        DoAsync(new DeletePersonalAccessTokenRequest(name), cancellationToken);
}
