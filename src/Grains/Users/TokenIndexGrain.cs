using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;
using Iggy.Primitives;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Users;

/// <summary>Keeps one shard of the token index. Calls nobody, so that users may call it inside their own changes.</summary>
internal sealed class TokenIndexGrain(
    [PersistentState("tokens", MetadataStore.ProviderName)] IPersistentState<TokenIndexState> state,
    TimeProvider clock, ILogger<TokenIndexGrain> logger)
    : StateKeeper<TokenIndexState>(state, logger), ITokenIndexGrain
{
    private Dictionary<string, uint> _users = []; // made from Stored, replaced as a whole: interleaving reads see one state

    protected override void OnStored()
    {
        var users = new Dictionary<string, uint>(Stored.Tokens.Length, StringComparer.Ordinal);
        foreach (var token in Stored.Tokens)
            users[token.Hash] = token.UserId;
        _users = users;
    }

    public ValueTask<uint?> FindAsync(string hash) => new(_users.TryGetValue(hash, out var user) ? user : null);

    public async ValueTask AddAsync(TokenOwner token) => await StoreAsync(new TokenIndexState { Tokens = Stored.Tokens.Add(token) });

    public async ValueTask RemoveAsync(ImmutableArray<string> hashes)
    {
        var kept = Stored.Tokens.RemoveAll(token => hashes.Contains(token.Hash));
        if (kept.Length != Stored.Tokens.Length)
            await StoreAsync(new TokenIndexState { Tokens = kept });
    }

    public ValueTask<ImmutableArray<TokenOwner>> ListExpiredAsync()
    {
        var now = clock.UnixMicros();
        return new(Stored.Tokens.RemoveAll(token => token.ExpiresAtMicros == 0 || token.ExpiresAtMicros > now));
    }
}
