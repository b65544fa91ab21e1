namespace Iggy.Grains.Interfaces.Users;

/// <summary>One user's secret and standing. Key: the user id.</summary>
[Alias("iggy.IUserGrain")]
public interface IUserGrain : IGrainWithIntegerKey
{
    /// <summary>Sets up the user; called once by the directory.</summary>
    [Alias("Create")]
    ValueTask CreateAsync(string passwordHash);

    /// <summary>Compares a password. The hash is computed off this grain's turn, so a slow hash holds nobody up.</summary>
    /// <returns><see cref="Refusal.None"/>, <see cref="Refusal.InvalidCredentials"/>, <see cref="Refusal.UserInactive"/> (only with the right password).
    /// A user id that was never set up costs as much time as a wrong password.</returns>
    [Alias("VerifyPassword")]
    ValueTask<Refusal> VerifyPasswordAsync(string password);
}
