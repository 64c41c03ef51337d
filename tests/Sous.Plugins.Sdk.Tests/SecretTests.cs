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
}
