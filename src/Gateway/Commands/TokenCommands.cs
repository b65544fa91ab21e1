using System.Collections.Immutable;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;

namespace Iggy.Gateway.Commands;

/// <summary>The session's own personal access tokens; nobody reaches those of others.</summary>
internal sealed class TokenCommands(IGrainFactory grains)
{
    /// <summary>Names and ends, never secrets.</summary>
    public ValueTask<ImmutableArray<TokenEntry>> ListAsync(Session session) => User(session).ListTokensAsync();

    /// <summary>Makes a token.</summary>
    /// <param name="session">Whose.</param>
    /// <param name="name">3 to 30 bytes; the newer dialect has no such rule, and its names are 1 to 255 bytes like any other.</param>
    /// <param name="expiryMicros">From now on; 0 for never.</param>
    /// <returns>The secret, shown only here.</returns>
    public ValueTask<string> CreateAsync(Session session, string name, ulong expiryMicros)
    {
        if (session.Dialect is not Dialect.Vsr)
            CommandRefusedException.ThrowIf(ProtocolLimits.CheckTokenName(name));
        NewNames.Demand(name, present: null, IggyError.InvalidPersonalAccessTokenName);
        return User(session).CreateTokenAsync(name, expiryMicros);
    }

    /// <summary>Removes a token.</summary>
    public ValueTask DeleteAsync(Session session, string name) => User(session).DeleteTokenAsync(name);

    private IUserGrain User(Session session) => grains.GetGrain<IUserGrain>(session.UserId);
}
