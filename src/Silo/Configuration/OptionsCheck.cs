using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Iggy.Silo.Configuration;

/// <summary>Looks at every setting before the server is put together, so that all errors come at once, each with the value given.</summary>
/// <remarks>The host validates the same classes again when it starts; what only shows there, rules across classes, comes then.</remarks>
public static class OptionsCheck
{
    private static readonly NullabilityInfoContext _nullability = new();

    /// <summary>Adds what is wrong to <paramref name="notes"/>.</summary>
    public static void Run(IConfiguration configuration, ConfigurationNotes notes)
    {
        foreach (var (section, type) in KnownOptions.All)
        {
            foreach (var part in KnownOptions.Sections(configuration, section))
                Check(part, type, notes);
        }

        var known = KnownOptions.Keys().ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in configuration.GetSection("Iggy").AsEnumerable())
        {
            if (value is not null && !known.Contains(KnownOptions.Pattern(key)))
                notes.Warnings.Add($"{key} is not known and has no effect.{NearestNames.Suggest(key, known)}");
        }
    }

    /// <summary>Whether a key's value must never be shown.</summary>
    public static bool IsSecret(string key) =>
        key.EndsWith("Password", StringComparison.OrdinalIgnoreCase) || key.EndsWith("Secret", StringComparison.OrdinalIgnoreCase)
        || key.EndsWith("ConnectionString", StringComparison.OrdinalIgnoreCase)
        || key.EndsWith("Encryption:Key", StringComparison.OrdinalIgnoreCase) || key.EndsWith("Encryption:OldKeys", StringComparison.OrdinalIgnoreCase);

    /// <summary>What a setting may be, from its type and rules.</summary>
    public static string Allowed(PropertyInfo property)
    {
        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
            return string.Create(CultureInfo.InvariantCulture, $"{range.Minimum} to {(range.Maximum is >= (double)ulong.MaxValue ? ulong.MaxValue : range.Maximum)}");
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return type switch
        {
            { IsEnum: true } => string.Join(", ", Enum.GetNames(type)),
            _ when type == typeof(bool) => "true, false",
            _ when type == typeof(TimeSpan) => "a time such as 00:00:01",
            _ when type == typeof(string) => "text",
            _ => "a number",
        };
    }

    private static void Check(IConfigurationSection section, Type type, ConfigurationNotes notes)
    {
        var options = Activator.CreateInstance(type)!;
        var errorsBefore = notes.Errors.Count;
        foreach (var property in KnownOptions.Properties(type))
        {
            var key = $"{section.Path}:{property.Name}";
            var given = section[property.Name];
            var error = $"{key} is '{(IsSecret(key) ? "******" : given)}'; allowed: {Allowed(property)}.";
            if (given is not null && !TrySet(options, property, given))
                notes.Errors.Add(error);
            else if (given is not null || IsRequired(property))
                Judge(options, property, error, notes);
        }

        // Rules across settings make sense only when each is right by itself.
        if (options is IValidatableObject rules && notes.Errors.Count == errorsBefore)
            notes.Errors.AddRange(rules.Validate(new ValidationContext(options) { DisplayName = section.Path }).Select(result => result.ErrorMessage ?? $"{section.Path} is not allowed."));
    }

    private static bool TrySet(object options, PropertyInfo property, string given)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        try
        {
            property.SetValue(options, type == typeof(string) ? given : TypeDescriptor.GetConverter(type).ConvertFromInvariantString(given));
            return !type.IsEnum || Enum.IsDefined(type, property.GetValue(options)!);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or NotSupportedException or TargetInvocationException)
        {
            return false; // the converters throw ArgumentException around whatever their parser said
        }
    }

    private static void Judge(object options, PropertyInfo property, string error, ConfigurationNotes notes)
    {
        var context = new ValidationContext(options) { MemberName = property.Name };
        if (!Validator.TryValidateProperty(property.GetValue(options), context, []))
            notes.Errors.Add(error);
    }

    private static bool IsRequired(PropertyInfo property) =>
        property.PropertyType == typeof(string) && _nullability.Create(property).WriteState is NullabilityState.NotNull;
}
