using System.CommandLine;

namespace Sous.Plugins.Host.Cli;

/// <summary>The options that several verbs share.</summary>
internal static class VerbOptions
{
    public static readonly Option<string?> Data = new("--data") { Description = "Data folder [default: ./data]" };

    public static readonly Option<string?> Plugins = new("--plugins") { Description = "The plugins.json [default: ./plugins.json]" };

    public static readonly Option<bool> Json = new("--json") { Description = "Print JSON", Recursive = true };

    public static readonly Option<string?> Url = new("--url") { Description = "A remote host's address, instead of the one that runs on the data folder" };

    public static readonly Option<string?> Key = new("--key") { Description = "An API key for --url; @FILE takes it from a file, where no list of processes shows it" };
}
