using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Orleans.Concurrency;

namespace Iggy.Grains.Interfaces.Users;

/// <summary>Which user a personal access token belongs to, by the token's hash. Key: <see cref="TokenHash.Shard"/> of the hash.</summary>
/// <remarks>A hint only: the user grain says whether a token counts. An entry is there before its token and may outlive it. So many grains and no
/// more, so that guessing tokens cannot fill the memory with one activation a guess.</remarks>
[Alias("iggy.ITokenIndexGrain")]
public interface ITokenIndexGrain : IGrainWithIntegerKey
{
    /// <summary>The user to ask, or null.</summary>
    [Alias("Find"), AlwaysInterleave]
    ValueTask<uint?> FindAsync(string hash);

    /// <summary>Adds an entry; called by the user grain.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("Add")]
    ValueTask AddAsync(TokenOwner token);

    /// <summary>Removes entries. Safe to repeat.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StorageFailed"/>.</exception>
    [Alias("Remove")]
    ValueTask RemoveAsync(ImmutableArray<string> hashes);

    /// <summary>The entries whose time is over.</summary>
    [Alias("ListExpired"), AlwaysInterleave]
    ValueTask<ImmutableArray<TokenOwner>> ListExpiredAsync();
}

/// <summary>A token's hash and its user.</summary>
/// <param name="Hash">From <see cref="TokenHash.Of"/>.</param>
/// <param name="UserId">The user.</param>
/// <param name="ExpiresAtMicros">Since the Unix epoch; 0 for never.</param>
[GenerateSerializer, Immutable, Alias("iggy.TokenOwner")]
public readonly record struct TokenOwner(
    [property: Id(0)] string Hash,
    [property: Id(1)] uint UserId,
    [property: Id(2)] ulong ExpiresAtMicros);

/// <summary>The one place where a token becomes a hash. A token is 400 random bits, so one round and no salt do.</summary>
public static class TokenHash
{
    /// <summary>How many index grains there are.</summary>
    public const int Shards = 64;

    /// <summary>SHA-256 of the token's text, 64 hexadecimal digits.</summary>
    public static string Of(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>Key of the index grain that knows a hash.</summary>
    public static int Shard(string hash) => Convert.FromHexString(hash.AsSpan(0, 2))[0] % Shards;
}
