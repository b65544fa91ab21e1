using MudBlazor;

namespace Iggy.Ui.Components;

/// <summary>Colours and letters of the console: those of the system, for no file is fetched from elsewhere.</summary>
public static class ConsoleTheme
{
    private static readonly string[] _letters = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"];

    /// <summary>The theme.</summary>
    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#3d5afe", Secondary = "#00897b", Info = "#0277bd", Success = "#2e7d32", Warning = "#b26a00", Error = "#c62828",
            Background = "#f6f7f9", Surface = "#ffffff", AppbarBackground = "#ffffff", AppbarText = "#1c2333", DrawerBackground = "#ffffff", DrawerText = "#424a5b", DrawerIcon = "#6b7385",
            TextPrimary = "#1c2333", TextSecondary = "#5b6475", LinesDefault = "#e3e6ec", TableLines = "#e9ebf0", Divider = "#e3e6ec", LinesInputs = "#c3c8d2",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#8c9eff", Secondary = "#4db6ac", Info = "#4fc3f7", Success = "#66bb6a", Warning = "#ffb74d", Error = "#ef7373",
            Background = "#12151c", Surface = "#1a1e27", AppbarBackground = "#1a1e27", AppbarText = "#e4e7ee", DrawerBackground = "#1a1e27", DrawerText = "#b4bac7", DrawerIcon = "#8d95a5",
            TextPrimary = "#e4e7ee", TextSecondary = "#98a0b0", LinesDefault = "#2a303c", TableLines = "#262b36", Divider = "#2a303c", LinesInputs = "#454d5c", PrimaryContrastText = "#12151c",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px", AppbarHeight = "48px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = _letters, FontSize = "0.875rem" },
            Button = new ButtonTypography { FontFamily = _letters, TextTransform = "none", FontWeight = "600" },
        },
    };
}
