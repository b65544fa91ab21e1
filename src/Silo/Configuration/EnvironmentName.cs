using Iggy.Protocol.Texts;

namespace Iggy.Silo.Configuration;

/// <summary>How the text of an Apache Iggy setting is read.</summary>
public enum ValueKind
{
    /// <summary>As it stands.</summary>
    Text,

    /// <summary><c>true</c> or <c>false</c>, in any case.</summary>
    Flag,

    /// <summary>A whole number from 0.</summary>
    Number,

    /// <summary><see cref="HumanDuration"/>; handed on as microseconds. <c>none</c>, <c>unlimited</c>, <c>never_expire</c>: no end.</summary>
    Duration,

    /// <summary><see cref="HumanDuration"/>; handed on as a time such as 00:01:00. It has an end.</summary>
    Interval,

    /// <summary><see cref="HumanDuration"/> from 0; handed on as a time. <c>none</c>, <c>unlimited</c>, <c>never_expire</c>: 1,000,000,000 seconds.</summary>
    Lifetime,

    /// <summary><see cref="HumanSize"/>; handed on as bytes. <c>unlimited</c>, <c>none</c>: no bound.</summary>
    Size,

    /// <summary><c>[a, b]</c>, with or without quotes, or one value; handed on with commas and nothing else.</summary>
    List,

    /// <summary>Log filter text such as <c>info</c> or <c>debug,net=warn</c>: the first bare level counts.</summary>
    LogFilter,

    /// <summary>A flag that asks for a sync before each answer.</summary>
    SyncFlag,

    /// <summary><c>none</c> or <c>gzip</c>; the latter asks for compression.</summary>
    CompressionFlag,
}

/// <summary>What a setting of Apache Iggy does here.</summary>
public enum SettingEffect
{
    /// <summary>Sets a key of ours.</summary>
    Sets,

    /// <summary>Taken without effect: nothing here corresponds to it, and nothing is lost.</summary>
    None,

    /// <summary>Belongs to a part that this server does not have. Taken quietly, so that a set-up made for Apache Iggy starts.</summary>
    PartNotHere,

    /// <summary>Asks for something that would be missed: a warning when it is switched on.</summary>
    Missed,
}

/// <summary>One of Apache Iggy's settings.</summary>
/// <param name="Name">Environment variable; <c>*</c> stands for the number of an entry in a list, at the end for any text.</param>
/// <param name="Kind">How its value is read.</param>
/// <param name="Effect">What it does.</param>
/// <param name="Key">The key of ours that it sets, or null.</param>
/// <param name="Why">For people: why it has no effect, or what is missed.</param>
public sealed record EnvironmentName(string Name, ValueKind Kind, SettingEffect Effect, string? Key = null, string Why = "")
{
    /// <summary>Never shown, whatever it does.</summary>
    public bool IsSecret { get; } = Name.EndsWith("_PASSWORD", StringComparison.Ordinal) || Name.EndsWith("_SECRET", StringComparison.Ordinal)
        || Name.EndsWith("_ENCRYPTION_KEY", StringComparison.Ordinal);

    /// <summary>The key that a variable which this entry means sets: of a list, the entry of the same number.</summary>
    public string? KeyFor(string variable)
    {
        var star = Name.IndexOf('*', StringComparison.Ordinal);
        return star < 0 || Key is null ? Key : Key.Replace("*", variable[star..^(Name.Length - star - 1)], StringComparison.Ordinal);
    }

    /// <summary>Whether a variable is meant by this entry.</summary>
    public bool Matches(string variable)
    {
        var star = Name.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
            return variable == Name;
        var rest = Name.Length - star - 1;
        return variable.Length > star + rest
            && variable.AsSpan(0, star).SequenceEqual(Name.AsSpan(0, star))
            && variable.AsSpan()[^rest..].SequenceEqual(Name.AsSpan(star + 1))
            && (rest == 0 || !variable.AsSpan()[star..^rest].ContainsAnyExceptInRange('0', '9'));
    }
}
