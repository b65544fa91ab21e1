using System.Collections.Concurrent;
using Iggy.Grains.Interfaces.Users;

namespace Iggy.Gateway.Security;

/// <summary>Revoked tokens, remembered by grains over restarts, and here for those that are in use.</summary>
/// <remarks>Emptied with the other caches, so that a revocation by another gateway is known here after one refresh at most, one by this gateway at once.</remarks>
internal sealed class RevokedTokens(IGrainFactory grains)
{
    private const int MaxEntries = 100_000; // more tokens than that are asked for one by one

    private ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>Forgets all. A look-up that began before adds to what nobody reads any more.</summary>
    public void Clear() => Volatile.Write(ref _known, new(StringComparer.Ordinal));

    /// <summary>Whether a token was revoked.</summary>
    public ValueTask<bool> IsRevokedAsync(string id) => Volatile.Read(ref _known).TryGetValue(id, out var revoked) ? new(revoked) : LookUpAsync(id);

    /// <summary>Revokes a token, for good.</summary>
    /// <exception cref="Grains.Interfaces.RefusedException">It could not be stored; the token is as it was.</exception>
    public async ValueTask RevokeAsync(string id, long expiresAtSeconds)
    {
        await Grain(id).RevokeAsync(new RevokedToken(id, expiresAtSeconds));
        Volatile.Read(ref _known)[id] = true;
    }

    private async ValueTask<bool> LookUpAsync(string id)
    {
        var known = Volatile.Read(ref _known);
        var revoked = await Grain(id).IsRevokedAsync(id);
        if (known.Count < MaxEntries)
            known.TryAdd(id, revoked); // not over a revocation that came meanwhile
        return revoked;
    }

    private IRevokedTokensGrain Grain(string id) => grains.GetGrain<IRevokedTokensGrain>(RevokedToken.Shard(id));
}
