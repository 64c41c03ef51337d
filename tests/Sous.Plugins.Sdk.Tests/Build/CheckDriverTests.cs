using Microsoft.Build.Framework;
using Sous.Plugins.Sdk.Build;
using Sous.Plugins.Sdk.Tests.Conformance;

namespace Sous.Plugins.Sdk.Tests.Build;

/// <summary>What the build of a driver says of the folder that it has made.</summary>
public sealed class CheckDriverTests : IDisposable
{
    private readonly CopiedFolder _folder = new(Shop.Folder);

    [Fact]
    public void A_good_folder_passes() => Assert.Empty(Check());

    [Fact]
    public void A_manifest_that_no_host_reads_is_an_error_in_driver_json_which_names_the_member()
    {
        _folder.Replace("driver.json", "\"contract\"", "\"contrakt\"");

        var error = Assert.Single(Check());
        Assert.Equal(("SOUS012", Manifest), (error.Code, error.File));
        Assert.Contains("$.contrakt", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_that_breaks_its_schema_is_an_error()
    {
        _folder.Replace("driver.json", "\"id\": \"shop\"", "\"id\": \"The Shop\"");

        Assert.Contains("/id", Assert.Single(Check()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_that_names_another_assembly_is_an_error()
    {
        Assert.Contains("this project builds Other.dll", Assert.Single(Check("Other.dll")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_of_the_contract_is_an_error()
    {
        File.Copy(typeof(IDriver).Assembly.Location, Path.Combine(_folder.Path, "Sous.Plugins.Sdk.dll"));

        Assert.Equal("SOUS013", Assert.Single(Check()).Code);
    }

    public void Dispose() => _folder.Dispose();

    private string Manifest => Path.Combine(_folder.Path, "driver.json");

    private List<BuildErrorEventArgs> Check(string assembly = "Fixture.Shop.dll")
    {
        var engine = new Engine();
        var passed = new CheckDriver { Folder = _folder.Path, Manifest = Manifest, Assembly = assembly, BuildEngine = engine }.Execute();
        Assert.Equal(engine.Errors.Count == 0, passed);
        return engine.Errors;
    }

    private sealed class Engine : IBuildEngine
    {
        public List<BuildErrorEventArgs> Errors { get; } = [];

        public bool ContinueOnError => false;

        public int LineNumberOfTaskNode => 0;

        public int ColumnNumberOfTaskNode => 0;

        public string ProjectFileOfTaskNode => "";

        public void LogErrorEvent(BuildErrorEventArgs e) => Errors.Add(e);

        public void LogWarningEvent(BuildWarningEventArgs e) => throw new NotSupportedException();

        public void LogMessageEvent(BuildMessageEventArgs e) => throw new NotSupportedException();

        public void LogCustomEvent(CustomBuildEventArgs e) => throw new NotSupportedException();

        public bool BuildProjectFile(string projectFileName, string[] targetNames, System.Collections.IDictionary globalProperties, System.Collections.IDictionary targetOutputs) => throw new NotSupportedException();
    }
}
