namespace Sous.Plugins.Sdk.Tests.Conformance;

/// <summary>A copy of a folder's files, gone at the end.</summary>
internal sealed class CopiedFolder : IDisposable
{
    public CopiedFolder(string source)
    {
        foreach (var file in Directory.GetFiles(source))
        {
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
        }
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("conformance-").FullName;

    public void Replace(string file, string text, string instead)
    {
        var path = System.IO.Path.Combine(Path, file);
        var before = File.ReadAllText(path);
        Assert.Contains(text, before, StringComparison.Ordinal);
        File.WriteAllText(path, before.Replace(text, instead, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
