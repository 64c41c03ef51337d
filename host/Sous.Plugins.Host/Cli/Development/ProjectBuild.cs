namespace Sous.Plugins.Host.Cli.Development;

/// <summary>What a build came to.</summary>
/// <param name="Folder">The plugin's folder, or null where it did not build.</param>
/// <param name="Errors">Why not, a line each; empty where it did.</param>
internal sealed record ProjectBuild(string? Folder, TimeSpan Took, IReadOnlyList<string> Errors)
{
    /// <summary>Shown of one build: the first ones tell, what follows them is often their consequence.</summary>
    public const int MostErrors = 20;
}
