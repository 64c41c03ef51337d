using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Sous.Plugins.Sdk.Analyzers;

namespace Sous.Plugins.Sdk.Tests.Analyzers;

/// <summary>Compiles sources against what these tests run on, and tells what the analyzer says of them.</summary>
internal static class Analysis
{
    private static readonly ImmutableArray<MetadataReference> s_references =
        [.. ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    public static string Tree { get; } = FindTree();

    public static async Task<IReadOnlyList<Diagnostic>> FindAsync(IReadOnlyList<string> sources, IReadOnlyList<string> brought, IReadOnlyList<(string Key, string Value)> properties, CancellationToken cancellationToken)
    {
        var usings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";
        var parsed = sources.Append(usings).Select(source => CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(LanguageVersion.Preview), cancellationToken: cancellationToken));
        var compilation = CSharpCompilation.Create(
            "Acme", parsed, s_references.AddRange(brought.Select(path => MetadataReference.CreateFromFile(path))), new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        var analyzed = compilation.WithAnalyzers([new DriverAnalyzer()], new AnalyzerOptions([], new Properties(properties)));
        return await analyzed.GetAnalyzerDiagnosticsAsync(cancellationToken);
    }

    private static string FindTree()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sous.Plugins.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the tree.");
    }

    private sealed class Properties(IReadOnlyList<(string Key, string Value)> set) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions => new Options(set);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => new Options([]);

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => new Options([]);
    }

    private sealed class Options(IReadOnlyList<(string Key, string Value)> set) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value)
        {
            value = set.FirstOrDefault(one => one.Key == key).Value;
            return value is not null;
        }
    }
}
