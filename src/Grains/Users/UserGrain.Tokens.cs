using System.Collections.Immutable;
using System.Security.Cryptography;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Users;
using Iggy.Primitives;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Users;

/// <summary>The user's personal access tokens. This state says what counts; the index only leads here.</summary>
internal sealed partial class UserGrain
{
    private const int TokenBytes = 50; // 68 characters of base64, as clients know them

    public ValueTask<ImmutableArray<TokenEntry>> ListTokensAsync()
    {
        var tokens = ImmutableArray.CreateBuilder<TokenEntry>(Stored.Tokens.Length);
        foreach (var token in Stored.Tokens)
            tokens.Add(new TokenEntry(token.Name, token.ExpiresAtMicros));
        return new(tokens.MoveToImmutable());
    }

    public async ValueTask<string> CreateTokenAsync(string name, ulong expiryMicros)
    {
        RefuseGone();
        var now = clock.UnixMicros();
        var present = Stored.Tokens.RemoveAll(token => token.IsExpired(now));
        if (present.Length >= options.Value.MaxTokensPerUser)
        {
            throw new RefusedException(Refusal.TooManyTokens,
                $"There are {present.Length} tokens; allowed: {options.Value.MaxTokensPerUser} (Iggy:PersonalAccessTokens:MaxTokensPerUser).");
        }

        foreach (var token in present)
        {
            if (token.Name == name) // ordinal: byte for byte
                throw new RefusedException(Refusal.TokenNameTaken, $"The user has a token '{name}'.");
        }

        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(TokenBytes));
        var made = new StoredToken(name, TokenHash.Of(secret), ExpiresAt(now, expiryMicros));
        var expired = Stored.Tokens.RemoveAll(token => !token.IsExpired(now));

        // The index first, so that a token that is shown can be found. What a failure leaves there leads to nothing.
        await Index(made.Hash).AddAsync(new TokenOwner(made.Hash, (uint)this.GetPrimaryKeyLong(), made.ExpiresAtMicros));
        try
        {
            await StoreAsync(Stored with { Tokens = present.Add(made) });
        }
        catch (RefusedException) when (!Lost && !Stored.Tokens.Contains(made))
        {
            await TryForgetTokensAsync([made]);
            throw;
        }

        await TryForgetTokensAsync(expired);
        return secret;
    }

    public async ValueTask DeleteTokenAsync(string name)
    {
        foreach (var token in Stored.Tokens)
        {
            if (token.Name != name)
                continue;

            await StoreAsync(Stored with { Tokens = Stored.Tokens.Remove(token) });
            await TryForgetTokensAsync([token]);
            return;
        }

        throw new RefusedException(Refusal.TokenNotFound, $"The user has no token '{name}'.");
    }

    public ValueTask<Refusal> VerifyTokenAsync(string hash)
    {
        foreach (var token in Stored.Tokens)
        {
            if (token.Hash == hash) // the hash of a secret tells nothing by the time it takes to compare
                return new(token.IsExpired(clock.UnixMicros()) ? Refusal.TokenExpired : Refusal.None);
        }

        return new(Refusal.TokenNotFound);
    }

    public async ValueTask<int> RemoveExpiredTokensAsync()
    {
        var now = clock.UnixMicros();
        var kept = Stored.Tokens.RemoveAll(token => token.IsExpired(now));
        var count = Stored.Tokens.Length - kept.Length;
        if (count > 0)
            await StoreAsync(Stored with { Tokens = kept }); // the cleaner, who asks, takes them from the index
        return count;
    }

    // Beyond 63 bits is never: some clients send what they take for the largest number, and some could not read such a time.
    private static ulong ExpiresAt(ulong nowMicros, ulong expiryMicros) =>
        expiryMicros == 0 || expiryMicros > long.MaxValue - nowMicros ? 0 : nowMicros + expiryMicros;

    private ITokenIndexGrain Index(string hash) => GrainFactory.GetGrain<ITokenIndexGrain>(TokenHash.Shard(hash));

    private async Task ForgetTokensAsync(ImmutableArray<StoredToken> tokens)
    {
        foreach (var token in tokens)
            await Index(token.Hash).RemoveAsync([token.Hash]);
    }

    private async Task TryForgetTokensAsync(ImmutableArray<StoredToken> tokens)
    {
        try
        {
            await ForgetTokensAsync(tokens);
        }
        catch (Exception e) // the tokens are dead already: the entries left in the index lead to a user who does not have them
        {
            LogIndexLeft(logger, this.GetPrimaryKeyLong(), e);
        }
    }

    [LoggerMessage(2203, LogLevel.Warning, "Tokens of user {UserId} are gone, but entries of them are left in the index; they let nobody in")]
    private static partial void LogIndexLeft(ILogger logger, long userId, Exception exception);
}
