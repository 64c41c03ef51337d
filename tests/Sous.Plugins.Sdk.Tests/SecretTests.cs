using System.Globalization;
using System.Text.Json;

namespace Sous.Plugins.Sdk.Tests;

public sealed class SecretTests
{
    private const string Text = "hush-hush";
    private readonly Secret _secret = new(Text);

    [Fact]
    public void Nothing_prints_it()
    {
        Assert.Equal("***", _secret.ToString());
        Assert.Equal("a *** b", string.Create(CultureInfo.InvariantCulture, $"a {_secret} b"));
        Assert.DoesNotContain(Text, new { Secret = _secret }.ToString(), StringComparison.Ordinal);
        Assert.Equal(Text, _secret.Reveal());
    }

    [Fact]
    public void No_serializer_writes_or_reads_it()
    {
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(_secret));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new { Secret = _secret }));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize<Secret>("\"x\""));
    }

    [Fact]
    public void No_serializer_of_the_framework_gives_it_away()
    {
        var withFields = new JsonSerializerOptions { IncludeFields = true };
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new Holder(_secret), withFields));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new Dictionary<string, object> { ["a"] = _secret }));

        var xml = new StringWriter(CultureInfo.InvariantCulture);
        new System.Xml.Serialization.XmlSerializer(typeof(Secret)).Serialize(xml, _secret);
        Assert.DoesNotContain(Text, xml.ToString(), StringComparison.Ordinal);

        using var contract = new MemoryStream();
        new System.Runtime.Serialization.DataContractSerializer(typeof(Secret)).WriteObject(contract, _secret);
        Assert.DoesNotContain(Text, System.Text.Encoding.UTF8.GetString(contract.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void No_format_no_record_and_no_debugger_shows_it()
    {
        Assert.Equal("***", string.Format(CultureInfo.InvariantCulture, "{0}", _secret));
        Assert.Equal("***", $"{_secret}");
        Assert.Equal("Holder { Secret = *** }", new Holder(_secret).ToString());
        Assert.Equal("***", Convert.ToString((object)_secret, CultureInfo.InvariantCulture));

        var shown = typeof(Secret).GetCustomAttributes(false).OfType<System.Diagnostics.DebuggerDisplayAttribute>();
        Assert.Equal("***", Assert.Single(shown).Value);
        var fields = typeof(Secret).GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public);
        Assert.All(fields, field => Assert.Contains(
            field.GetCustomAttributes(false).OfType<System.Diagnostics.DebuggerBrowsableAttribute>(),
            static attribute => attribute.State == System.Diagnostics.DebuggerBrowsableState.Never));
    }

    [Fact]
    public void Two_do_not_compare()
    {
        Assert.Throws<NotSupportedException>(() => _secret.Equals((object)_secret));
        Assert.Throws<NotSupportedException>(() => _secret.GetHashCode());
    }

    [Fact]
    public void An_empty_one_says_so_and_reveals_nothing()
    {
        Assert.True(default(Secret).IsEmpty);
        Assert.True(new Secret("").IsEmpty);
        Assert.False(_secret.IsEmpty);
        Assert.Throws<InvalidOperationException>(() => default(Secret).Reveal());
    }

    // A source-generated context of it does not even compile: the converter is private.
    private sealed record Holder(Secret Secret);
}
