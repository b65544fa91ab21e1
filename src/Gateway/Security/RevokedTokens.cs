using System.Collections.Concurrent;
using Iggy.Grains.Interfaces.Users;

namespace Iggy.Gateway.Security;

/// <summary>Tokens that were taken back, remembered by grains over restarts, and here for those that are in use.</summary>
/// <remarks>Emptied with the other caches, so that what another gateway took back is known here after one beat at most; what this one did, at once.</remarks>
internal sealed class RevokedTokens(IGrainFactory grains)
{
    private const int MaxEntries = 100_000; // more tokens than that are asked for one by one

    private ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>Forgets all. A look-up that began before adds to what nobody reads any more.</summary>
    public void Clear() => Volatile.Write(ref _known, new(StringComparer.Ordinal));

    /// <summary>Whether a token was taken back.</summary>
    public ValueTask<bool> IsRevokedAsync(string id) => Volatile.Read(ref _known).TryGetValue(id, out var revoked) ? new(revoked) : LookUpAsync(id);

    /// <summary>Takes a token back, for good.</summary>
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
