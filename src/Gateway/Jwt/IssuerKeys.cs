using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace Iggy.Gateway.Jwt;

/// <summary>The public keys of one foreign issuer, fetched when a token names one that is not known.</summary>
/// <remarks>Not the framework's own cache of them: that one fetches behind the request, so the first token signed with a new key would be refused. Each
/// fetch replaces all keys, so one that is no longer shown is no longer good. Whoever sends made-up names causes a fetch every few seconds at most.</remarks>
internal sealed partial class IssuerKeys(string address, HttpClient client, TimeProvider clock, ILogger logger) : IDisposable
{
    private static readonly TimeSpan _between = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _longest = TimeSpan.FromHours(1); // by then a key that was withdrawn is gone

    private readonly SemaphoreSlim _fetching = new(1, 1);
    private volatile IReadOnlyList<SecurityKey> _keys = [];
    private long _fetchedAt, _triedAt; // timestamps of the clock; 0: never

    /// <summary>The key of a name, or null.</summary>
    public async ValueTask<SecurityKey?> FindAsync(string id)
    {
        if (Find(id) is { } known && !IsOlder(_fetchedAt, _longest))
            return known;

        await _fetching.WaitAsync();
        try
        {
            if ((Find(id) is null || IsOlder(_fetchedAt, _longest)) && IsOlder(_triedAt, _between))
                await FetchAsync();
        }
        finally
        {
            _fetching.Release();
        }
        return Find(id);
    }

    /// <inheritdoc/>
    public void Dispose() => _fetching.Dispose();

    // When the issuer is not reached the keys stay as they are: that they were withdrawn can only be heard from it.
    private async Task FetchAsync()
    {
        Volatile.Write(ref _triedAt, clock.GetTimestamp());
        try
        {
            _keys = [.. new JsonWebKeySet(await client.GetStringAsync(address)).GetSigningKeys().Where(static key => key is not SymmetricSecurityKey)];
            Volatile.Write(ref _fetchedAt, clock.GetTimestamp());
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or ArgumentException or InvalidOperationException)
        {
            LogNotFetched(logger, address, e);
        }
    }

    private SecurityKey? Find(string id)
    {
        foreach (var key in _keys)
        {
            if (key.KeyId == id)
                return key;
        }
        return null;
    }

    private bool IsOlder(long since, TimeSpan limit) => since == 0 || clock.GetElapsedTime(since) >= limit;

    [LoggerMessage(3220, LogLevel.Warning, "The keys at {Address} could not be fetched; tokens signed with others than those known are refused")]
    private static partial void LogNotFetched(ILogger logger, string address, Exception exception);
}
