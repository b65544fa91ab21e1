using Iggy.Grains.Catalog;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Users;

/// <summary>Keeps one share of the tokens that were taken back, and tells the gateways of each.</summary>
internal sealed class RevokedTokensGrain(
    [PersistentState("revoked", MetadataStore.ProviderName)] IPersistentState<RevokedTokensState> state,
    TimeProvider clock, ILogger<RevokedTokensGrain> logger)
    : StateKeeper<RevokedTokensState>(state, logger), IRevokedTokensGrain
{
    private readonly ILogger<RevokedTokensGrain> _logger = logger;

    // Longer than any leeway that a gateway may give a token after its end.
    private static readonly TimeSpan Leeway = TimeSpan.FromHours(2);

    public async ValueTask<bool> RevokeAsync(RevokedToken token)
    {
        if (Stored.Tokens.ContainsKey(token.Id))
            return false;

        var over = (clock.GetUtcNow() - Leeway).ToUnixTimeSeconds();
        var kept = Stored.Tokens.RemoveRange(Stored.Tokens.Where(old => old.Value < over).Select(static old => old.Key)); // their time is over anyway
        await StoreAsync(new RevokedTokensState { Tokens = kept.Add(token.Id, token.ExpiresAtSeconds) });
        await CatalogNotice.SendAsync(GrainFactory, _logger); // other gateways may remember that it was good
        return true;
    }

    public ValueTask<bool> IsRevokedAsync(string id) => new(Stored.Tokens.ContainsKey(id));
}
