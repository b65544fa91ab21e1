using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Options;

/// <summary>How many users there may be and how passwords are kept. Section <c>Iggy:Users</c>.</summary>
public sealed class UserOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Users";

    /// <summary>Most users, root among them. 1 to 1,000,000, default 10,000: names and ids of all are kept in one row.</summary>
    [Range(1, 1_000_000)]
    public int MaxUsers { get; set; } = 10_000;

    /// <summary>Cost of a new password hash: 2 to this power rounds of BCrypt. 4 to 20, default 10, about 0.05 to 0.1 s of one core. Present hashes keep theirs.</summary>
    [Range(4, 20)]
    public int PasswordWorkFactor { get; set; } = 10;

    /// <summary>Most passwords that wait to be compared, those from addresses that have logged in before apart from all others; one more is refused at once.
    /// 1 to 100,000, default 100: the last then waits some seconds on the smallest machine.</summary>
    [Range(1, 100_000)]
    public int MaxWaitingPasswords { get; set; } = 100;
}

[OptionsValidator]
internal sealed partial class UserOptionsValidator : IValidateOptions<UserOptions>;
