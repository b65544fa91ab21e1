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

    /// <summary>Cost of a new password hash: 2 to this power rounds of BCrypt. 4 to 20, default 11, about 0.1 to 0.2 s of one core. Present hashes keep theirs.</summary>
    [Range(4, 20)]
    public int PasswordWorkFactor { get; set; } = 11;
}

[OptionsValidator]
internal sealed partial class UserOptionsValidator : IValidateOptions<UserOptions>;
