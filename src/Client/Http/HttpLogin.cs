using System.Reflection;
using Iggy.Protocol;

namespace Iggy.Client.Http;

/// <summary>Has a token at hand while there are credentials: logs in, renews the token before it ends, and logs in again when the server takes it no
/// more. All callers share one attempt.</summary>
internal sealed class HttpLogin(HttpExchange exchange, IggyClientOptions options)
{
    // A token is renewed when this part of its life is left.
    private const double RenewalShare = 0.2;

    private const long MaxExpirySeconds = 250_000_000_000; // the year 9892
    private const double MaxWaitSeconds = 1e9; // what Apache Iggy takes for ever

    private static readonly string _version = typeof(HttpLogin).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    private readonly Lock _lock = new();
    private Credentials? _credentials = options.Credentials;
    private Task<Login>? _current;

    /// <summary>The token to send; null without credentials.</summary>
    /// <exception cref="IggyConnectionException">The login did not come through. Nothing of the caller's request has left.</exception>
    /// <exception cref="IggyException">The server refused the login.</exception>
    public async ValueTask<string?> GetTokenAsync(CancellationToken cancellationToken)
    {
        Task<Login> current;
        lock (_lock)
        {
            if (_credentials is not { } credentials)
                return null;
            if (_current is { IsCompleted: false })
                current = _current;
            else if (_current is not { IsCompletedSuccessfully: true })
                current = _current = AskLoginAsync(credentials, CancellationToken.None);
            else if (_current.GetAwaiter().GetResult() is var login && options.Clock.GetTimestamp() >= login.RenewAt)
                current = _current = RenewAsync(login, credentials);
            else
                current = _current;
        }
        try
        {
            return (await current.WaitAsync(cancellationToken)).Token;
        }
        catch (Exception e) when (e is TimeoutException or IggyConnectionException)
        {
            throw new IggyConnectionException($"Login at {options.Servers} did not come through: {e.Message}", innerException: e);
        }
    }

    /// <summary>Drops a token that the server took no more.</summary>
    public void Reject(string token)
    {
        lock (_lock)
        {
            if (_current is { IsCompletedSuccessfully: true } && _current.GetAwaiter().GetResult().Token == token)
                _current = null;
        }
    }

    /// <summary>Logs in, and from now on as this.</summary>
    /// <returns>The user's id.</returns>
    public async ValueTask<uint> LogInAsync(Credentials credentials, CancellationToken cancellationToken)
    {
        var login = await AskLoginAsync(credentials, cancellationToken);
        lock (_lock)
            (_credentials, _current) = (credentials, Task.FromResult(login));
        return login.UserId;
    }

    /// <summary>Forgets who this is.</summary>
    public void Forget()
    {
        lock (_lock)
            (_credentials, _current) = (null, null);
    }

    private async Task<Login> AskLoginAsync(Credentials credentials, CancellationToken cancellationToken)
    {
        await Task.Yield(); // the lock of the caller is not held while asking
        return credentials.Username is { } username
            ? await AskAsync(ApiCall.Post("/users/login", new LoginShape(username, credentials.Secret, _version, "Iggy.NET"), ApiShapes.Wire.LoginShape), CommandCode.LoginUser, cancellationToken)
            : await AskAsync(
                ApiCall.Post("/personal-access-tokens/login", new TokenShape(credentials.Secret), ApiShapes.Wire.TokenShape), CommandCode.LoginWithPersonalAccessToken, cancellationToken);
    }

    private async Task<Login> RenewAsync(Login login, Credentials credentials)
    {
        await Task.Yield(); // as above
        try
        {
            return await AskAsync(ApiCall.Post("/users/refresh-token", new TokenShape(login.Token), ApiShapes.Wire.TokenShape), CommandCode.LoginUser, CancellationToken.None);
        }
        catch (IggyException e) when (e is not IggyConnectionException)
        {
            return await AskLoginAsync(credentials, CancellationToken.None); // it ended meanwhile, or cannot be renewed
        }
    }

    private async ValueTask<Login> AskAsync(ApiCall call, CommandCode code, CancellationToken cancellationToken)
    {
        using var answer = await exchange.SendAsync(call, token: null, cancellationToken);
        if (HttpErrors.Find(answer, IggyError.ResourceNotFound, code) is { } refused)
            throw refused;
        var reply = ApiReplies.Read<LoggedInShape>(answer.Body.Written.Span, code);
        if (reply.AccessToken is not { } token)
            throw new IggyException(IggyError.CannotDeserializeResource, $"The reply to {code} has no token.");

        // Both times are the server's, so that the clocks need not agree.
        var life = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(token.Expiry, 0, MaxExpirySeconds)) - (answer.Date ?? options.Clock.GetUtcNow());
        var wait = TimeSpan.FromSeconds(Math.Clamp(life.TotalSeconds * (1 - RenewalShare), 0, MaxWaitSeconds));
        return new(reply.UserId, token.Token, options.Clock.GetTimestamp() + (long)(wait.TotalSeconds * options.Clock.TimestampFrequency));
    }

    private sealed record Login(uint UserId, string Token, long RenewAt)
    {
        public override string ToString() => $"Login {{ UserId = {UserId} }}";
    }
}
