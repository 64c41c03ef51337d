using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Versioning;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Drivers.Inspection;

/// <summary>Assemblies that no compiler would make are emitted here; none of them is ever loaded.</summary>
[SupportedOSPlatform("linux")]
public sealed class PreflightTests : IDisposable
{
    private const string Framework = ".NETCoreApp,Version=v10.0";

    private readonly PluginsTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void A_driver_as_the_compiler_makes_it_passes()
        => Assert.Empty(Preflight.Check(_tree.Add("Good")).Findings);

    [Fact]
    public void An_emitted_driver_passes_so_that_the_refusals_below_mean_something()
        => Assert.Empty(Check(Emit()));

    [Fact]
    public void Two_drivers_in_one_assembly_are_refused()
        => AssertFound("holds 2 drivers", Emit(drivers: 2));

    [Theory]
    [InlineData(".NETCoreApp,Version=v11.0", "was built for .NET 11.0, which is newer than this host's")]
    [InlineData(".NETFramework,Version=v4.8", "was built for .NETFramework 4.8")]
    [InlineData(null, "does not say which framework")]
    public void A_framework_that_this_host_lacks_is_refused(string? framework, string named)
        => AssertFound(named, Emit(framework: framework));

    [Theory]
    [InlineData("2.0", "contract 2.0, which is newer")]
    [InlineData("1.2", "contract 1.2, which is newer")]
    [InlineData("0.9", "contract 0.9, which this host no longer speaks")]
    [InlineData("one", "contract \"one\", which is no major.minor")]
    [InlineData("1.0.0", "contract \"1.0.0\", which is no major.minor")]
    public void A_contract_that_this_host_does_not_speak_is_refused(string contract, string named)
        => AssertFound(named, Emit(contract: contract));

    [Theory]
    [InlineData("1.0", "1.0", null)]
    [InlineData("1.0", "1.3", null)]
    [InlineData("1.2", "1.3", null)]
    [InlineData("1.9", "1.10", null)]
    [InlineData("1.4", "1.3", "newer than this host's 1.3")]
    [InlineData("1.10", "1.9", "newer than this host's 1.9")]
    [InlineData("1.3", "2.0", "no longer speaks; it speaks 2.0")]
    [InlineData("2.0", "1.3", "newer than this host's 1.3")]
    public void A_host_takes_its_own_major_with_any_minor_up_to_its_own(string written, string spoken, string? refusal)
    {
        var finding = AssemblyCheck.JudgeContract("It is", written, Version.Parse(spoken));

        Assert.Equal(refusal is null, finding is null);
        Assert.Contains(refusal ?? "", finding?.Reason ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void The_contract_that_this_host_speaks_is_the_one_that_its_sdk_is_packed_as()
    {
        var packed = typeof(IDriver).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

        Assert.StartsWith($"{AssemblyCheck.Contract}.", packed, StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_that_was_built_against_the_first_contract_passes()
        => Assert.Empty(Preflight.Check(_tree.Add("FirstContract")).Findings);

    [Fact]
    public void Another_drivers_manifest_is_refused()
        => AssertFound("is the driver \"other\", but driver.json describes \"good\"", Emit(id: "other"));

    [Theory]
    [InlineData(TypeAttributes.NotPublic, true, "is not public")]
    [InlineData(TypeAttributes.Public | TypeAttributes.Abstract, true, "is abstract")]
    [InlineData(TypeAttributes.Public, false, "does not implement IDriverFactory")]
    public void A_factory_that_cannot_be_made_is_refused(TypeAttributes attributes, bool implements, string named)
        => AssertFound(named, Emit(factory: attributes, implements: implements));

    [Fact]
    public void A_member_that_this_sdk_lacks_is_named()
    {
        // Arrange: an SDK of tomorrow, with a method and a type more
        var sdk = Define("Sous.Plugins.Sdk", new Version(1, 0, 0, 0));
        var module = sdk.DefineDynamicModule("Sous.Plugins.Sdk");
        var context = module.DefineType("Sous.Plugins.Sdk.DriverContext", TypeAttributes.Public);
        var added = context.DefineMethod("Hurry", MethodAttributes.Public | MethodAttributes.Static, typeof(void), [typeof(int)]);
        added.GetILGenerator().Emit(OpCodes.Ret);
        var existing = context.DefineMethod("get_AccountId", MethodAttributes.Public, typeof(string), []);
        existing.GetILGenerator().Emit(OpCodes.Ret);
        context.CreateType();
        var newcomer = module.DefineType("Sous.Plugins.Sdk.Newcomer", TypeAttributes.Public);
        newcomer.CreateType();

        // Act
        var findings = Check(Emit(body: il =>
        {
            il.Emit(OpCodes.Ldc_I4_0);
            il.Emit(OpCodes.Call, added);
            il.Emit(OpCodes.Ldnull);
            il.Emit(OpCodes.Callvirt, existing);
            il.Emit(OpCodes.Pop);
            il.Emit(OpCodes.Ldnull);
            il.Emit(OpCodes.Castclass, newcomer);
            il.Emit(OpCodes.Pop);
        }));

        // Assert
        Assert.Equal(2, findings.Count);
        Assert.Contains(findings, f => f.Reason.Contains("DriverContext: static Void Hurry`0(Int32), which this host's SDK does not have", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Reason.Contains("uses Sous.Plugins.Sdk.Newcomer, which this host's SDK does not have", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Sous.Plugins.Sdk", "2.0.0.0", "was built against Sous.Plugins.Sdk 2.0.0.0, which is newer than this host's 1.0.0.0")]
    [InlineData("Microsoft.Extensions.Logging.Abstractions", "11.0.0.0", "Microsoft.Extensions.Logging.Abstractions 11.0.0.0, which is newer")]
    [InlineData("Nowhere.To.Be.Found", "3.2.1.0", "Nowhere.To.Be.Found 3.2.1.0, which Fixture.Good.dll needs, is not in the folder")]
    [InlineData("Cronos", "0.1.0.0", "Cronos 0.1.0.0, which Fixture.Good.dll needs, is not in the folder")]
    [InlineData("Microsoft.AspNetCore.Http", "10.0.0.0", "Microsoft.AspNetCore.Http 10.0.0.0, which Fixture.Good.dll needs, is not in the folder")]
    public void A_reference_that_would_fall_back_to_the_hosts_copy_or_split_a_shared_one_is_refused(string name, string version, string named)
        => AssertFound(named, Emit(body: il => UseType(il, name, Version.Parse(version))));

    [Fact]
    public void A_dependency_older_than_what_the_driver_was_built_against_is_refused()
    {
        var folder = _tree.Add("DependencyV2");
        File.Copy(Path.Combine(_tree.Add("DependencyV1"), "Fixture.Greeting.dll"), Path.Combine(folder, "Fixture.Greeting.dll"), overwrite: true);

        var finding = Assert.Single(Preflight.Check(folder).Findings);

        Assert.Equal("Fixture.DependencyV2.dll needs Fixture.Greeting 2.0.0.0, but the folder holds 1.0.0.0.", finding.Reason);
    }

    [Theory]
    [InlineData("Fixture.Good.runtimeconfig.json", """{ "runtimeOptions": { "additionalProbingPaths": [ "/tmp" ] } }""", "looked for outside the folder")]
    [InlineData("Fixture.Good.deps.json", """{ "runtimeTarget": { "name": "t" }, "targets": { "t": { "X/1.0.0": { "runtime": { "../../evil.dll": {} } } } } }""", "names ../../evil.dll, outside the folder")]
    [InlineData("Fixture.Good.deps.json", """{ "runtimeTarget": { "name": "t" }, "targets": { "t": { "X/1.0.0": { "runtime": { "lib/net10.0/X.dll": {} } } } } }""", "X.dll of X/1.0.0, which the driver needs, is not in the folder")]
    [InlineData("Fixture.Good.deps.json", "not json", "cannot be read as a plugin")]
    [InlineData("driver.json", "not json", "it is not JSON at line 1")]
    [InlineData("driver.json", """{ "id": "good", "id": "good" }""", "id: stands twice")]
    public void A_file_beside_the_driver_that_misleads_the_loader_is_refused(string file, string content, string named)
    {
        var folder = _tree.Add("Good");
        File.WriteAllText(Path.Combine(folder, file), content);

        Assert.Contains(Preflight.Check(folder).Findings, f => f.Reason.Contains(named, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("*/15 * * * *", "every hour", "streams[0].schedule: \"every hour\" is not a cron expression")]
    [InlineData("https://api.fixture.example/", "https://api.fixture.example/v2", "lacks the slash at its end")]
    [InlineData("\"api_key\"", "\"magic\"", "authorization.kind: \"magic\" is wrong")]
    [InlineData("\"api_key\"", "\"oauth_code\"", "authorizeAddress")]
    [InlineData("\"coverage\"", "\"settings\": { \"type\": 7 }, \"coverage\"", "settings")]
    public void A_manifest_that_makes_no_sense_is_refused(string old, string replacement, string named)
    {
        var path = Path.Combine(_tree.Add("Good"), "driver.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace(old, replacement, StringComparison.Ordinal));

        Assert.Contains(Preflight.Check(Path.GetDirectoryName(path)!).Findings, f => f.Reason.Contains(named, StringComparison.Ordinal));
    }

    [Fact]
    public void Flipped_bits_give_findings_or_none_and_never_an_exception()
    {
        var folder = _tree.Add("Good");
        var path = Path.Combine(folder, "Fixture.Good.dll");
        var original = File.ReadAllBytes(path);
        var random = new Random(20251018);
        for (var i = 0; i < 300; i++)
        {
            var bytes = (byte[])original.Clone();
            for (var j = 0; j < 4; j++)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(path, bytes);
            Assert.NotNull(Preflight.Check(folder).Findings);
        }
    }

    private static void UseType(ILGenerator il, string assembly, Version version)
    {
        var foreign = Define(assembly, version).DefineDynamicModule(assembly).DefineType("Sous.Plugins.Sdk.IDriver", TypeAttributes.Public);
        foreign.CreateType();
        il.Emit(OpCodes.Ldnull);
        il.Emit(OpCodes.Castclass, foreign);
        il.Emit(OpCodes.Pop);
    }

    private static PersistedAssemblyBuilder Define(string name, Version version) => new(new AssemblyName(name) { Version = version }, typeof(object).Assembly);

    private static PersistedAssemblyBuilder Emit(
        int drivers = 1,
        string? framework = Framework,
        string contract = "1.0",
        string id = "good",
        TypeAttributes factory = TypeAttributes.Public,
        bool implements = true,
        Action<ILGenerator>? body = null)
    {
        var assembly = Define("Fixture.Good", new Version(1, 0));
        var type = assembly.DefineDynamicModule("Fixture.Good").DefineType("Fixture.Factory", factory, typeof(object), implements ? [typeof(IDriverFactory)] : []);
        type.DefineDefaultConstructor(MethodAttributes.Public);
        var il = type.DefineMethod("Create", MethodAttributes.Public | MethodAttributes.Virtual, typeof(IDriver), [typeof(DriverContext)]).GetILGenerator();
        body?.Invoke(il);
        il.Emit(OpCodes.Ldnull);
        il.Emit(OpCodes.Ret);
        type.CreateType();
        var attribute = typeof(SousDriverAttribute);
        for (var i = 0; i < drivers; i++)
        {
            assembly.SetCustomAttribute(new CustomAttributeBuilder(attribute.GetConstructors()[0], [id, type], [attribute.GetProperty("Contract")!], [contract]));
        }

        if (framework is not null)
        {
            assembly.SetCustomAttribute(new CustomAttributeBuilder(typeof(TargetFrameworkAttribute).GetConstructors()[0], [framework]));
        }

        return assembly;
    }

    private IReadOnlyList<Finding> Check(PersistedAssemblyBuilder assembly)
    {
        var folder = _tree.Add("Good");
        assembly.Save(Path.Combine(folder, "Fixture.Good.dll"));
        return Preflight.Check(folder).Findings;
    }

    private void AssertFound(string named, PersistedAssemblyBuilder assembly)
    {
        var finding = Assert.Single(Check(assembly));
        Assert.Contains(named, finding.Reason, StringComparison.Ordinal);
        Assert.NotEmpty(finding.Remedy);
    }
}
