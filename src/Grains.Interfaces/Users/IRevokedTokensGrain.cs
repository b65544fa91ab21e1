using System.Security.Cryptography;
using System.Text;
using Orleans.Concurrency;

namespace Iggy.Grains.Interfaces.Users;

/// <summary>Tokens of HTTP logins that were revoked before they expired. Key: <see cref="RevokedToken.Shard"/> of the token's id.</summary>
/// <remarks>Each is kept until it would have ended by itself.</remarks>
[Alias("iggy.IRevokedTokensGrain")]
public interface IRevokedTokensGrain : IGrainWithIntegerKey
{
    /// <summary>Revokes a token.</summary>
    /// <returns>False when it had been before; of two calls one gets true.</returns>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>; nothing was changed.</exception>
    [Alias("Revoke")]
    ValueTask<bool> RevokeAsync(RevokedToken token);

    /// <summary>Whether a token was revoked.</summary>
    [Alias("IsRevoked"), AlwaysInterleave]
    ValueTask<bool> IsRevokedAsync(string id);
}

/// <summary>A revoked token.</summary>
/// <param name="Id">Its own id, at most <see cref="MaxIdLength"/> characters.</param>
/// <param name="ExpiresAtSeconds">Since the Unix epoch.</param>
[GenerateSerializer, Immutable, Alias("iggy.RevokedToken")]
public readonly record struct RevokedToken([property: Id(0)] string Id, [property: Id(1)] long ExpiresAtSeconds)
{
    /// <summary>How many grains there are.</summary>
    public const int Shards = 16;

    /// <summary>Longest id that is taken; ours have 36 characters.</summary>
    public const int MaxIdLength = 256;

    /// <summary>Key of the grain that knows an id.</summary>
    public static int Shard(string id) => SHA256.HashData(Encoding.UTF8.GetBytes(id))[0] % Shards;
}
