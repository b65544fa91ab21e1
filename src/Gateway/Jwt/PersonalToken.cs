using Iggy.Gateway.Commands;

namespace Iggy.Gateway.Jwt;

/// <summary>The personal access token that a request which goes on came with.</summary>
/// <param name="userId">Whose it is.</param>
/// <param name="hash">Of the token, by which its user knows it.</param>
/// <param name="clock">Says when to ask again.</param>
internal sealed class PersonalToken(uint userId, string hash, TimeProvider clock)
{
    // Whoever goes on for long asks for each batch: once a second is enough to be thrown out soon, and costs nothing.
    private static readonly TimeSpan _goodFor = TimeSpan.FromSeconds(1);

    private long _askedAt = clock.GetTimestamp(); // it was good when it was taken

    /// <summary>Whether it was there, and its time not over, a second ago at most. By one caller at a time.</summary>
    public async ValueTask<bool> IsStillGoodAsync(LoginCommands logins)
    {
        if (clock.GetElapsedTime(_askedAt) < _goodFor)
            return true;
        var asked = clock.GetTimestamp();
        if (!await logins.IsStillGoodAsync(userId, hash))
            return false;
        _askedAt = asked;
        return true;
    }
}
